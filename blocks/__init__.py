"""With what: settings and secrets."""
