"""What is heard: silences, speech, words."""
