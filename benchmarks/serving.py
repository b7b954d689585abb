"""A web server on this machine, in a thread, that counts what it is asked for."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any


@dataclass(slots=True)
class Site:
    """Where the server is and what it has given."""

    port: int
    downloads: int = 0
    bytes_sent: int = 0

    @property
    def host(self) -> str:
        """The entry for `CUTROOM_ALLOWED_HOSTS` that lets it through."""
        return f"127.0.0.1:{self.port}"

    def address(self, path: Path) -> str:
        """Return the whole address of a file in the folder."""
        return f"http://{self.host}/{path.name}"


class _Visit(SimpleHTTPRequestHandler):
    server: "_Server"

    def copyfile(self, source: IO[bytes], outputfile: IO[bytes]) -> None:  # type: ignore[override]
        """Send a file and count it."""
        self.server.site.downloads += 1
        before = source.tell()
        shutil.copyfileobj(source, outputfile, 1 << 20)
        self.server.site.bytes_sent += source.tell() - before

    def log_message(self, *_: Any) -> None:
        """Keep the terminal clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve the files of a folder until the context ends."""

    def visit(*arguments: Any) -> _Visit:
        return _Visit(*arguments, directory=str(folder))

    with _Server(("127.0.0.1", 0), visit) as server:
        server.site = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.site
        finally:
            server.shutdown()
            thread.join()
