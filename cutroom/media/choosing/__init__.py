"""What is worth watching, and where the crop lies."""
