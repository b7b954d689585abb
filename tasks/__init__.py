"""One step each: cache, retry, limit and log around one call into the library."""
