"""One local Prefect server, started once, found again, stopped when asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from house import SHARED

import deployments.server
from deployments.server import LocalServer, ensure_server, find_server, stop_server


@pytest.mark.slow
def test_a_server_comes_up_once_and_goes(tmp_path):
    """Start, start again, status, stop: one process, and none afterwards."""
    environment = {**os.environ, "CUTROOM_HOME": str(tmp_path)}
    environment.pop("PREFECT_API_URL", None)

    def server(action):
        words = [sys.executable, "-m", "cutroom.cli", "server", action]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

    assert server("status").stdout == "Not running.\n"
    first, second = server("start"), server("start")
    running = find_server(tmp_path)
    assert first.stdout == second.stdout == f"Running at {running.page} (process {running.pid}).\n"
    assert httpx.get(f"{running.api}/health").json() is True
    assert server("stop").stdout == "Stopped.\n"
    assert find_server(tmp_path) is None
    assert server("stop").stdout == "No server was running.\n"


@pytest.mark.slow
def test_a_port_that_another_server_took_first_is_left_to_it(tmp_path, site, monkeypatch):
    """Two may find the same port free; the one that comes too late must not take the other for it.

    The other answers as any healthy server does.
    """
    site.put("/api/health", b"true")
    ports = iter([site.port, deployments.server._free_port(0)])
    monkeypatch.setattr(deployments.server, "_free_port", lambda _: next(ports))
    try:
        assert ensure_server(tmp_path).port != site.port
    finally:
        stop_server(tmp_path)


def test_a_reused_process_id_is_not_a_server(tmp_path):
    """After a reboot the number may belong to anyone."""
    state = tmp_path / "prefect" / "server.json"
    state.parent.mkdir()
    state.write_text(json.dumps({"pid": os.getpid(), "started_at": 1.0, "port": 1}))

    assert find_server(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_broken_note_is_no_server(tmp_path, text):
    """Half a note is no note."""
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "server.json").write_text(text)

    assert find_server(tmp_path) is None


def test_addresses_are_local_only(house):
    """The server listens on this machine alone."""
    server = find_server(Path(os.environ[SHARED]))

    assert isinstance(server, LocalServer)
    assert server.api == house.api
    assert server.page.startswith("http://127.0.0.1:")
