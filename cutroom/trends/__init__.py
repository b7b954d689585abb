"""Finding what is watched elsewhere: sources, one spelling, a ranking, a budget."""
