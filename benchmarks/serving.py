"""A web server on this machine, in a thread, that counts what it is asked for."""

import re
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
    taken_up: int = 0
    """Downloads that began in the middle, where an earlier one had stopped."""

    @property
    def host(self) -> str:
        """The entry for `CUTROOM_ALLOWED_HOSTS` that lets it through."""
        return f"127.0.0.1:{self.port}"

    def address(self, path: Path) -> str:
        """Return the whole address of a file in the folder."""
        return f"http://{self.host}/{path.name}"


class _Visit(SimpleHTTPRequestHandler):
    server: "_Server"

    def send_head(self) -> Any:
        """Answer with the whole file, or with the rest of it where only that is asked for."""
        path = Path(self.translate_path(self.path))
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or not path.is_file():
            return super().send_head()
        start, whole = int(asked[1]), path.stat()
        self.server.site.taken_up += 1
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(whole.st_size - start))
        self.send_header("Content-Range", f"bytes {start}-{whole.st_size - 1}/{whole.st_size}")
        self.send_header("Last-Modified", self.date_time_string(int(whole.st_mtime)))
        self.end_headers()
        file = path.open("rb")
        file.seek(start)
        return file

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

    def handle_error(self, *_: Any) -> None:
        """Keep the terminal clean: a visitor that was killed is no error."""


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
