"""The memory: tables, sessions, migrations."""
