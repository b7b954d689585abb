"""What a video is about: topics, with and without a language model."""
