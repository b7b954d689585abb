"""Prefect's API as anyone with HTTP may ask it."""

import time
from typing import Any

import httpx

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between two tries; on SQLite the server answers 503 whenever two writers meet."""


def ask(method: str, address: str, **request: Any) -> httpx.Response:
    """Ask once, and again for as long as the server says that it is busy, as its own client does.

    What it refused so it has not done: asking again does nothing twice.
    """
    for pause in PAUSES:
        answer = httpx.request(method, address, **request)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(pause)
    return answer


def get(address: str, **request: Any) -> httpx.Response:
    """Read something."""
    return ask("GET", address, **request)


def post(address: str, **request: Any) -> httpx.Response:
    """Look for something, or make it."""
    return ask("POST", address, **request)
