"""Fetching: pages, links, uploads, files, and the guard on addresses."""
