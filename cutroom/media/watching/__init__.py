"""What is seen: faces, and stills of the scenes."""
