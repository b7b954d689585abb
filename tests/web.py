"""A real web server on a free port of this machine."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Visit"], None]


class Visit(BaseHTTPRequestHandler):
    """One request, handed to whoever answers for its path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer by path; the query plays no part."""
        path = self.path.partition("?")[0]
        site = self.server.site
        site.requests.append((self.command, path, dict(self.headers)))
        site.answers.get(path, lambda visit: visit.say(404))(self)

    do_HEAD = do_GET  # noqa: N815  the name is http.server's

    def say(self, status=200, body=b"", headers=None, length=None):
        """Send a whole answer and close."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        """Keep the terminal clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A visitor that hangs up is none of the server's business."""


@dataclass
class Site:
    """Answers by path, and what was asked."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def host(self):
        """The one entry for `allowed_hosts` that lets this site through."""
        return f"127.0.0.1:{self.port}"

    def url(self, path):
        """Return the whole address of a path."""
        return f"http://{self.host}{path}"

    def put(self, path, body, **headers):
        """Serve bytes, whole."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda visit: visit.say(200, body, named)

    def put_file(self, path, body, *, etag='"one"', cuts=(), has_ranges=True):
        """Serve bytes with ranges; each of `cuts` breaks one answer off after so many bytes."""
        self.answers[path] = _File(body, etag, list(cuts), has_ranges)


@dataclass
class _File:
    body: bytes
    etag: str | None
    cuts: list[int]
    has_ranges: bool

    def __call__(self, visit):
        start = 0
        asked = visit.headers.get("Range")
        same = visit.headers.get("If-Range") in (None, self.etag)
        if asked and same and self.has_ranges:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
        headers = {"Content-Type": "video/mp4"} | ({"ETag": self.etag} if self.etag else {})
        rest = self.body[start:]
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        sent = rest[: self.cuts.pop(0)] if self.cuts and visit.command == "GET" else rest
        visit.say(206 if start else 200, sent, headers, length=len(rest))


def serve() -> Iterator[Site]:
    """Serve a site until the test is over."""
    server = _Server(("127.0.0.1", 0), Visit)
    server.site = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
