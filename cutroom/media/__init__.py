"""Picture and sound: every call into ffmpeg, PyAV, OpenCV and the models that look and listen."""
