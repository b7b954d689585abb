"""The one local Prefect server that commands share when no other is named."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from blocks.settings import prefect_environment
from cutroom.records.errors import ServerUnavailable

USUAL_PORT = 4200
START_LIMIT = 180.0
"""Seconds to wait for a server; importing it takes about 8 on two quiet cores."""
STOP_LIMIT = 15.0
"""Seconds a server gets to stop by itself."""


_started: "list[subprocess.Popen[bytes]]" = []
"""Servers that this process started; they outlive it, but while it lives it must reap them."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that runs on this machine."""

    pid: int
    started_at: float
    """When its process began, in seconds since the epoch: tells it from a reused process id."""
    port: int

    @property
    def api(self) -> str:
        """The address that `PREFECT_API_URL` wants."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def page(self) -> str:
        """The address that a person opens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        """Whether its process still runs."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started_at) < 1
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    @property
    def answers(self) -> bool:
        """Whether it answers on its port."""
        # Not httpx: it would first load all certificates of the machine, for a plain address.
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    @property
    def listens(self) -> bool:
        """Whether it is this very server that answers, not another that took the port first."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
            sockets = [socket for one in family for socket in one.net_connections("tcp")]
        except psutil.AccessDenied:  # some systems show sockets to the administrator alone
            return True
        except psutil.Error:
            return False
        return any(
            socket.status == psutil.CONN_LISTEN and socket.laddr.port == self.port
            for socket in sockets
        )


def find_server(home: Path) -> LocalServer | None:
    """Return the server of a data folder, if it runs."""
    try:
        server = LocalServer(**json.loads(_state(home).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return server if server.is_alive else None


def ensure_server(home: Path) -> LocalServer:
    """Return the data folder's server, started when there is none; several may ask at once.

    Raises:
        ServerUnavailable: It did not come up.
    """
    with _one_at_a_time(home):
        server = find_server(home)
        if server is None:
            server = _start(home)
            if not _comes_up(server):  # another server may have taken the port just before it
                server = _start(home, usual_port=False)
        if _comes_up(server):
            return server
        raise ServerUnavailable(
            "The local Prefect server did not come up.",
            f"Read {_state(home).parent / 'server.log'}; `cutroom server stop` clears a stuck one.",
        )


def stop_server(home: Path) -> bool:
    """Stop the data folder's server; say whether there was one."""
    with _one_at_a_time(home):
        server = find_server(home)
        if server is None:
            return False
        process = psutil.Process(server.pid)
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, left = psutil.wait_procs(family, timeout=STOP_LIMIT)
        for survivor in left:
            survivor.kill()
        for started in _started:
            started.poll()
        _state(home).unlink(missing_ok=True)
        return True


def prepare_template() -> None:
    """Migrate an empty Prefect database once, at set-up; new data folders begin with a copy."""
    template = _template()
    if template.exists():
        return
    template.parent.mkdir(parents=True, exist_ok=True)
    part = template.with_suffix(".part")
    part.unlink(missing_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    with TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **prefect_environment(Path(folder)),
            "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{part}",
        }
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        part.replace(template)


def _template() -> Path:
    return Path(sys.prefix) / "share" / "cutroom" / f"prefect-{version('prefect')}.db"


def _state(home: Path) -> Path:
    return home.resolve() / "prefect" / "server.json"


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    folder = _state(home).parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(home: Path, *, usual_port: bool = True) -> LocalServer:
    folder = _state(home).parent
    database = folder / "prefect.db"
    if not database.exists() and _template().exists():
        shutil.copyfile(_template(), folder / "prefect.part")
        (folder / "prefect.part").replace(database)
    port = _free_port(USUAL_PORT if usual_port else 0)
    environment = {**os.environ, **prefect_environment(home)}
    environment["PREFECT_SERVER_API_HOST"] = "127.0.0.1"
    environment["PREFECT_SERVER_API_PORT"] = str(port)
    environment.pop("PREFECT_API_URL", None)
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
            start_new_session=True,  # it outlives the command that started it
        )
    _started.append(process)
    server = LocalServer(process.pid, psutil.Process(process.pid).create_time(), port)
    part = _state(home).with_suffix(".part")
    part.write_text(json.dumps(asdict(server)))
    part.replace(_state(home))
    return server


def _comes_up(server: LocalServer) -> bool:
    """Wait until a server answers; say whether it does."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and server.is_alive:
        if server.answers and server.listens:
            return True
        time.sleep(0.1)
    return False


def _free_port(usual: int) -> int:
    """Return the usual port, or any free one when it is taken."""
    for wanted in (usual, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerUnavailable("No port is free on this machine.", "Stop some programs first.")


if __name__ == "__main__":
    prepare_template()
