"""moto's S3 server on this machine, and a gate before it that counts, fails, cuts and drags."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import SecretStr

from cutroom.storage.bucket import Bucket
from cutroom.storage.patience import Patience

HASTY = Patience(tries=9, first_pause=0.005, longest_pause=0.05)
"""The same number of tries as ever, without the wait."""


@dataclass(frozen=True)
class Asked:
    """One request, as the gate saw it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    number: int
    """From 1, of all requests."""

    @property
    def verb(self) -> str:
        """What S3 calls it, roughly."""
        if "list-type" in self.query or ("uploads" in self.query and self.method == "GET"):
            return "list"
        return {"POST": "put", "PUT": "put", "GET": "get", "HEAD": "head"}.get(
            self.method, self.method.lower()
        )

    @property
    def is_part(self) -> bool:
        """Whether it brings one part of a large upload."""
        return "partNumber" in self.query


@dataclass(frozen=True)
class Fault:
    """What the gate does to a request instead of handing it on."""

    status: int = 0
    """Answer with this; 0 hands the request on."""
    retry_after: str = ""
    takes: int | None = None
    """Bytes of the request's body that are read before the line is cut."""
    gives: int | None = None
    """Bytes of the answer's body that are sent before the line is cut."""
    delay: float = 0.0
    """Seconds before each 64 KiB of the answer."""


Rule = Callable[[Asked], Fault | None]


@dataclass
class Gate:
    """A way to the store that tests may close a little."""

    upstream: int
    port: int = 0
    rule: Rule = lambda _asked: None
    asked: list[Asked] = field(default_factory=list)
    taken_up: int = 0
    """Bytes of bodies that came in whole."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        """The store's address for clients."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def verbs(self) -> Counter:
        """How often each verb was asked."""
        return Counter(asked.verb for asked in self.asked)

    def note(self, handler: BaseHTTPRequestHandler) -> tuple[Asked, Fault | None]:
        """Remember a request and say what becomes of it."""
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        with self._lock:
            asked = Asked(
                handler.command, parts.path, query, dict(handler.headers), len(self.asked) + 1
            )
            self.asked.append(asked)
        return asked, self.rule(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        """A client that hangs up, as ours do when we cut them off, is no error."""
        with suppress(ConnectionError):
            super().handle_one_request()

    def _pass(self):
        gate = self.server.gate
        _asked, fault = gate.note(self)
        fault = fault or Fault()
        length = int(self.headers.get("Content-Length") or 0)
        if fault.takes is not None:
            self.rfile.read(min(length, fault.takes))
            self._cut()
            return
        body = self.rfile.read(length)
        gate.taken_up += length
        if fault.status:
            self._refuse(fault)
            return
        self._forward(body, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815  the names are http.server's

    def _forward(self, body, fault):
        way = http.client.HTTPConnection("127.0.0.1", self.server.gate.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name != "Expect"}
        way.request(self.command, self.path, body or None, headers)
        answer = way.getresponse()
        content = answer.read()
        way.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        shown = answer.headers.get("Content-Length") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(shown or 0))
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, len(content[: fault.gives]), 1 << 16):
            time.sleep(fault.delay)
            self.wfile.write(content[: fault.gives][start : start + (1 << 16)])
        if fault.gives is not None:
            self._cut()

    def _refuse(self, fault):
        content = (
            b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
        )
        if fault.status == 403:
            content = b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"
        if fault.status == 404:
            content = b"<Error><Code>NoSuchUpload</Code></Error>"
        if fault.status == 409:
            content = b"<Error><Code>ConditionalRequestConflict</Code></Error>"
        self.send_response(fault.status)
        if fault.retry_after:
            self.send_header("Retry-After", fault.retry_after)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self):
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_):
        """Keep the terminal clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def moto_server() -> Iterator[int]:
    """Serve S3 until the end; yield the port."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  seconds to import

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


@contextmanager
def gate_to(upstream: int) -> Iterator[Gate]:
    """Open a gate to the store at that port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.gate = Gate(upstream, server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_numbers = count(1)


def new_bucket(gate: Gate) -> Bucket:
    """Make an empty bucket behind a gate; making it is not counted."""
    name = f"test-{next(_numbers)}"
    # Moto asks for no signature, so the slow client is not needed.
    httpx.put(f"http://127.0.0.1:{gate.upstream}/{name}").raise_for_status()
    return Bucket(
        name=name,
        prefix="cutroom/",
        endpoint=gate.endpoint,
        region="us-east-1",
        access_key=SecretStr("test"),
        secret_key=SecretStr("test"),
    )


def leftovers(store) -> list[str]:
    """Return the keys of uploads in parts that nobody finished."""
    found = store.client.list_multipart_uploads(Bucket=store.bucket.name)
    return [entry["Key"] for entry in found.get("Uploads", ())]


def settings_of(bucket: Bucket) -> dict[str, str]:
    """Return the variables that make a bucket the one that results go to."""
    return {
        "CUTROOM_S3_BUCKET": bucket.name,
        "CUTROOM_S3_PREFIX": bucket.prefix,
        "CUTROOM_S3_ENDPOINT": str(bucket.endpoint),
        "CUTROOM_S3_REGION": str(bucket.region),
        "CUTROOM_S3_ACCESS_KEY": "test",
        "CUTROOM_S3_SECRET_KEY": "test",
    }
