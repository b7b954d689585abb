"""Secrets are planted everywhere a job takes some in, and then looked for everywhere."""

import json
import subprocess
import sys

import prefect_api
import pytest
from videos import make_video

from cutroom.catalog import reading
from cutroom.catalog.sessions import open_catalog

CANARIES = {
    "signature": "c4naryS1gnature0f0rty0characters0long0000",
    "token": "c4naryToken",
    "password": "c4naryPassw0rd",
    "proxy": "c4naryPr0xyPassword",
    "database": "c4naryDatabaseUrl",
    "cookie": "c4naryCookieValue",
    "api key": "c4naryPrefectKey",
}


IN_A_WRONG_ORDER = "c4naryOfWrongOrder"
"""A word of its own: what was sent is kept with the run, on the server that all tests share."""


def told_runs(api: str) -> str:
    """Return the latest runs, as anyone may see them."""
    return prefect_api.post(f"{api}/flow_runs/filter", json={"sort": "START_TIME_DESC"}).text


def told_by_prefect(api: str) -> str:
    """Return everything that the server would show to anyone who asks."""
    told = []
    for what in ("flow_runs", "task_runs", "logs", "artifacts"):
        for offset in range(0, 100_000, 200):
            page = prefect_api.post(f"{api}/{what}/filter", json={"offset": offset, "limit": 200})
            told.append(page.text)
            if len(page.json()) < 200:
                break
    told += [
        prefect_api.get(f"{api}/flow_run_states/", params={"flow_run_id": run["id"]}).text
        for run in json.loads(told_runs(api))
    ]
    return "\n".join(told)


@pytest.fixture
def run(house, site, tmp_path, monkeypatch):
    """Return a function that runs a command with secrets in its settings, and all it printed."""
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(f"x.org\tTRUE\t/\tTRUE\t0\tsid\t{CANARIES['cookie']}\n")
    more = {
        "CUTROOM_ALLOWED_HOSTS": f'["{site.host}"]',
        "CUTROOM_PAGE_PROXY": f"http://me:{CANARIES['proxy']}@127.0.0.1:9",
        "CUTROOM_PAGE_COOKIES": str(cookies),
        "CUTROOM_S3_SECRET_KEY": CANARIES["database"],
        "AWS_SECRET_ACCESS_KEY": CANARIES["api key"],
        "PREFECT_LOGGING_LEVEL": "DEBUG",
    }

    def go(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *command],
            env={**house.environment(), **more},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return go


TALKS_TOO_MUCH = """
import logging, os, sys
from prefect import flow, get_run_logger
from tasks.policies import step
import flows
from cutroom.records.errors import MediaCorrupt, MediaError

LINK = sys.argv[1]

@step("talks")
def talks(what: int, bench: object) -> None:
    log = get_run_logger()
    log.info("fetching %s with %s", LINK, {"Authorization": "Bearer " + os.environ["WORD"]})
    log.info("cookies: %s", open(os.environ["CUTROOM_PAGE_COOKIES"]).read())
    log.warning("proxy is %s", os.environ["CUTROOM_PAGE_PROXY"])
    logging.getLogger("cutroom.sources").error("key %s", os.environ["AWS_SECRET_ACCESS_KEY"])
    try:
        raise OSError(f"cannot reach {LINK}")
    except OSError:
        log.exception("odd")
    if what == 1:
        raise MediaCorrupt(f"Broken: {LINK}", f"Ask {os.environ['CUTROOM_S3_SECRET_KEY']}.")
    raise OSError(5, "refused", os.environ["CUTROOM_PAGE_PROXY"])

@flow
def chatty() -> None:
    for what in (1, 2):
        talks(what, object(), return_state=True)
    talks(1, object())

chatty()
"""


def test_no_secret_is_told_anywhere(house, site, run, tmp_path, monkeypatch):
    """One job that goes well, one that fails, and a flow that says all it knows."""
    monkeypatch.setenv("WORD", CANARIES["token"])
    site.put_file("/a.mp4", make_video(tmp_path / "a.mp4", seconds=4).read_bytes())
    query = f"X-Amz-Signature={CANARIES['signature']}&token={CANARIES['token']}"
    query += "&q=a-query-of-no-known-name"
    address = site.url("/{}?" + query)
    with_user = address.replace("://", f"://ann:{CANARIES['password']}@")
    video = ("-m", "cutroom.cli", "video", "--no-transcript", "--clips", "1")

    well = run(*video, "--out", str(house.out), address.format("a.mp4"))
    gone = run(*video, "--out", str(tmp_path / "none"), address.format("none.mp4"))
    chat = run("-c", TALKS_TOO_MUCH, with_user.format("a.mp4"))

    assert well.returncode == 0, well.stderr
    assert (gone.returncode, chat.returncode) == (1, 1), gone.stderr + chat.stderr
    assert "SOURCE_GONE" in gone.stderr
    catalog = open_catalog(f"sqlite:///{house.home / 'catalog.db'}")
    jobs = reading.jobs(catalog)
    assert [job.status for job in jobs] == ["dead", "completed"]
    assert jobs[0].log_tail
    places = {
        "the terminal": "".join(done.stdout + done.stderr for done in (well, gone, chat)),
        "Prefect": told_by_prefect(house.api),
        "the catalog's errors and logs": "".join(
            f"{job.error} {job.log_tail} {reading.report(catalog, job.id)}" for job in jobs
        ),
        "the folder of results": "".join(
            path.read_text(errors="replace") for path in house.out.rglob("*") if path.is_file()
        ),
        "the results of steps": "".join(
            path.read_text(errors="replace")
            for path in (house.home / "results").rglob("*")
            if path.is_file()
        ),
    }
    assert "fetching http://" in places["Prefect"], "the logs have come, or this proves nothing"
    found = [
        f"the {name} in {where}"
        for where, text in places.items()
        for name, canary in CANARIES.items()
        if canary in text
    ]
    assert found == []
    parameters = [one["parameters"] for one in json.loads(told_runs(house.api))]
    assert "a-query" not in json.dumps(parameters), "of an address only the path is a parameter"
    assert f"{site.host}/a.mp4" in json.dumps(parameters)


def test_a_wrong_order_is_refused_without_repeating_it(house, run):
    """Prefect shows why parameters are wrong, in the words of the validation."""
    program = (
        "import sys; from flows.video import video;"
        "video({'source': {'kind': 'link', 'location': 1}, 'password': sys.argv[1]})"
    )
    done = run("-c", program, IN_A_WRONG_ORDER)
    # The server is that of all tests, and shows two hundred runs at once.
    failed = {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}}
    latest = {**failed, "sort": "EXPECTED_START_TIME_DESC"}
    runs = prefect_api.post(f"{house.api}/flow_runs/filter", json=latest).json()
    refused = [one["state"] for one in runs if IN_A_WRONG_ORDER in json.dumps(one)]

    assert done.returncode == 1
    assert "Validation of flow parameters failed" in refused[0]["message"]
    assert IN_A_WRONG_ORDER not in json.dumps(refused), "though its parameters are stored"
    assert IN_A_WRONG_ORDER not in done.stdout + done.stderr
    logs = prefect_api.post(f"{house.api}/logs/filter", json={"sort": "TIMESTAMP_DESC"})
    assert IN_A_WRONG_ORDER not in logs.text
