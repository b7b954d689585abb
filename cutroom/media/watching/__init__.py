"""What is seen: scenes, faces, and stills of them."""
