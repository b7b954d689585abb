"""The bytes: blobs by digest in a local folder."""
