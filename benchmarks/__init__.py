"""Measures Cutroom beside what people would do instead: `python -m benchmarks`."""
