"""What streams of H.264 and HEVC say besides pictures: read and written anew, never decoded."""
