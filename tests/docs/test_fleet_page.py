"""The commands of docs/fleet.md, "Several machines", do what the page says.

Word for word: only names of hosts, ports and files come from the environment, as the page lets
them. A host is a home folder of its own and an environment with nothing in it.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import prefect_api
import psycopg
import pytest
from fleet import PATIENCE, wait_for
from postgres import programs_of, serving
from videos import make_video

PAGE = Path(__file__).parents[2] / "docs" / "fleet.md"
COMMANDS = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
QUICK = {
    "CUTROOM_SCRATCH_FLOOR": "0",
    "CUTROOM_MEMORY_LIMIT": "100",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "HF_HUB_OFFLINE": "1",
}
"""What a small and busy machine without network needs; the page has nothing to do with it."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the page is written for curl"),
]


@dataclass
class Host:
    """A machine as far as a command can tell."""

    home: Path
    variables: dict[str, str]
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set it up, with the programs that a person would have installed."""
        self.home.mkdir()
        programs = f"{Path(sys.executable).parent}:{self.variables.get('PATH', os.environ['PATH'])}"
        self.variables |= {"HOME": str(self.home), "PATH": programs}

    def do(self, word: str) -> str:
        """Do what the page says where it first uses a word; return what is printed."""
        done = subprocess.run(
            self._shell(word),
            env=self.variables,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, word: str) -> Path:
        """Begin what the page says there, to go on; return the file with what it prints."""
        log = self.home / f"{len(self.started)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                self._shell(word),
                env=self.variables,
                cwd=self.home,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self.started.append(process)
        return log

    def close(self) -> None:
        """End what goes on, as a host does that shuts down."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.started:
            process.wait(60)

    @staticmethod
    def _shell(word: str) -> list[str]:
        commands = next(block for block in COMMANDS if word in block)
        return ["/bin/bash", "-euo", "pipefail", "-c", COMMANDS[0] + commands]


@dataclass
class Network:
    """The hosts of a fleet, and what they share."""

    names: dict[str, str]
    folder: Path
    bucket: str
    hosts: list[Host] = field(default_factory=list)

    def host(self, name: str, **variables: str) -> Host:
        """Return one more host."""
        self.hosts.append(Host(self.folder / name, {**self.names, **variables}))
        return self.hosts[-1]

    def close(self) -> None:
        """Shut the hosts down, the server last."""
        for host in reversed(self.hosts):
            host.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def network(folder: Path, moto_port: int) -> Iterator[Network]:
    """Run PostgreSQL and make the page's bucket; the rest is for the page to do."""
    database, server = free_port(), free_port()
    bucket = f"http://127.0.0.1:{moto_port}"
    httpx.put(f"{bucket}/films").raise_for_status()
    names = {
        "DATABASE": f"127.0.0.1:{database}",
        "SERVER": f"http://127.0.0.1:{server}",
        "LISTEN": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(server),
        "DRAIN": str(folder / "drain"),
    }
    with serving(database) as socket_folder:
        ours = Network(names, folder, bucket)
        administrator = ours.host(
            "database",
            PATH=f"{programs_of(socket_folder)}:{os.environ['PATH']}",
            PGHOST=str(socket_folder),
            PGPORT=str(database),
            PGUSER="postgres",
        )
        try:
            administrator.do("createdb")
            yield ours
        finally:
            ours.close()


def rows(names: dict[str, str], database: str, query: str) -> list[tuple]:
    """Ask PostgreSQL, with the page's own name and password."""
    address = f"postgresql://cutroom:pass-word@{names['DATABASE']}/{database}"
    with psycopg.connect(address) as connection:
        return connection.execute(query).fetchall()


def test_several_machines_as_the_page_says(site, moto_port, tmp_path):
    """From two empty databases to results fetched on a host that knows only the server."""
    site.put("/talk.mp4", make_video(tmp_path / "a.mp4", seconds=3).read_bytes())
    with network(tmp_path, moto_port) as ours:
        first = ours.host(
            "first",
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            CUTROOM_S3_ENDPOINT=ours.bucket,
            CUTROOM_S3_ACCESS_KEY="test",
            CUTROOM_S3_SECRET_KEY="test",
        )
        log = first.start("prefect server start")
        server = ours.names["SERVER"]
        wait_for(lambda: is_up(f"{server}/api/health"))
        assert httpx.get(f"{server}/ui-settings").json()["api_url"] == f"{server}/api"
        assert "Cutroom Media Store" in first.do("cutroom setup"), log.read_text()

        second = ours.host(
            "second",
            **QUICK,
            VIDEO=site.url("/talk.mp4"),
            CUTROOM_ALLOWED_HOSTS=f'["{site.host}"]',
            PREFECT_API_URL=f"{server}/api",
        )
        worker, other = second.start("cutroom worker cpu  "), second.start("--drain-file")
        second.start("cutroom upkeep")
        told = second.do("--submit --wait")
        assert "completed" in told, worker.read_text() + other.read_text()
        second.variables["JOB"] = re.search(r"Job (\S+) is with the fleet", told)[1]
        assert "report.html" in second.do("cutroom fetch")
        assert second.do("flow_runs/count") == "0"

        drained = second.started[1]
        wait_for(lambda: "takes jobs" in other.read_text() or drained.poll() is not None)
        second.do("touch")
        assert drained.wait(PATIENCE) == 0, other.read_text()
        assert "Warning" not in worker.read_text() + other.read_text()

        assert rows(ours.names, "cutroom", "SELECT id, status FROM job") == [
            (second.variables["JOB"], "completed")
        ]
        found = rows(ours.names, "prefect", "SELECT name, state_type FROM flow_run")
        assert ("video talk.mp4", "COMPLETED") in found
        assert not list(tmp_path.rglob("catalog.db"))


def is_up(address: str) -> bool:
    """Say whether something answers there."""
    try:
        return prefect_api.get(address).is_success
    except httpx.TransportError:
        return False
