"""The stories, one per file, each read top to bottom."""
