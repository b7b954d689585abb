"""Clips cut to the exact frame, and their captions."""
