"""Files made of a video: normal, proxy, master, renditions."""
