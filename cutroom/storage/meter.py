"""Count what is asked of an object store, request by request."""

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Meter:
    """Requests and bytes, every try among them: a failed one is on the bill as well."""

    put: int = 0
    """PUT, POST and LIST, which stores sell at one price."""
    get: int = 0
    head: int = 0
    """HEAD and DELETE are free or as cheap as a GET; only HEAD is counted here."""
    bytes_up: int = 0
    """Bodies handed to the network."""
    bytes_down: int = 0
    """Bodies that came back."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, request: Any, **_: Any) -> None:
        """Count one request on its way out; botocore calls this before each try."""
        length = int(request.headers.get("Content-Length") or 0)
        is_listing = request.method == "GET" and (
            "list-type=" in request.url or "?uploads" in request.url
        )
        with self._lock:
            if request.method in {"PUT", "POST"} or is_listing:
                self.put += 1
            elif request.method == "GET":
                self.get += 1
            elif request.method == "HEAD":
                self.head += 1
            self.bytes_up += length

    def received(self, size_bytes: int) -> None:
        """Count bytes of a body that came back."""
        with self._lock:
            self.bytes_down += size_bytes
