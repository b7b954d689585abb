"""The video that Cutroom makes for itself."""
