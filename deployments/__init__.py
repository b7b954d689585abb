"""Where and when: the servers and pools that flows run on."""
