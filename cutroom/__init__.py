"""Cutroom: a video from anywhere, clips worth watching, on your own machines."""
