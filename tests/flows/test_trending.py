"""A night of trending: real sources, a real server, nothing ordered twice."""

import json
import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from feed_maker import bomb, enclosed, rss, topics_feed
from sqlmodel import func, select
from web import Site

from blocks.settings import settings
from cutroom.catalog import tables
from cutroom.catalog.sessions import open_catalog
from cutroom.cli import main
from cutroom.records.errors import FleetMissing, SourceUnreachable
from cutroom.records.trend import TrendOrder, TrendReport
from cutroom.trends import reading


@dataclass
class Nights:
    """The flow with a fleet that only takes note, and what it was given."""

    site: Site
    submitted: list[str] = field(default_factory=list)
    tiers: list[str] = field(default_factory=list)
    is_away: bool = False
    faults: int = 0
    """How often taking a job breaks down, as no error of the family."""

    def submit(self, job) -> str:
        """Take a job, as the fleet would."""
        if self.is_away:
            raise FleetMissing("There is no fleet.", "Run `cutroom setup`.")
        if self.faults:
            self.faults -= 1
            self.site.put("/good.xml", rss(enclosed(self.site.url("/new.mp4"), "new")))
            raise RuntimeError("The hand-over broke down.")
        self.submitted.append(job.id)
        self.tiers.append(job.order.tier)
        return str(uuid4())

    def run(self, *paths: str, **options) -> TrendReport:
        """Run the flow on sources of the site."""
        from prefect import flow  # noqa: PLC0415  Prefect's settings are temporary

        from flows.trending import night, runner  # noqa: PLC0415

        order = TrendOrder(
            **{
                "sources": [self.site.url(path) for path in paths],
                "search": self.site.url("/found/{words}"),
                "newest_days": 3650,
                "source_timeout": 5,
            }
            | options
        )

        @flow(name="trending", task_runner=runner, retries=self.faults, retry_delay_seconds=0)
        def trial(order: TrendOrder) -> TrendReport:
            return night(order, self.submit)

        return trial(order)

    def count(self, table: type) -> int:
        """Return how many rows a table of the catalog has."""
        with open_catalog(settings().catalog).reading() as session:
            return session.exec(select(func.count()).select_from(table)).one()


@pytest.fixture
def nights(house, site, monkeypatch) -> Nights:
    """Open a house whose neighbour is a site with a feed of three films."""
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", json.dumps([site.host]))
    settings.cache_clear()
    films = [enclosed(site.url(f"/{name}.mp4"), name) for name in ("apples", "pears", "plums")]
    site.put("/good.xml", rss(*films))
    return Nights(site)


def test_bad_sources_do_not_stop_the_good_one(nights, site):
    """One slow, one broken, one gone, and the hostile: each is named with what it did."""
    site.answers["/slow.xml"] = lambda visit: time.sleep(2.5) or visit.say(200)
    site.put("/broken.xml", b"<rss")
    site.put("/bomb.xml", bomb())
    site.put("/huge.xml", b" " * 5_000_000)
    site.answers["/inside.xml"] = lambda visit: visit.say(
        302, headers={"Location": "http://10.0.0.1/"}
    )
    bad = ("/slow.xml", "/gone.xml", "/broken.xml", "/bomb.xml", "/huge.xml", "/inside.xml")

    report = nights.run("/good.xml", *bad, source_timeout=1)

    errors = {each.source.rsplit("/")[-1]: each.error for each in report.sources}
    assert errors.pop("good.xml") is None
    assert {name: (error or "").split(":")[0] for name, error in errors.items()} == {
        "slow.xml": "SOURCE_UNREACHABLE",
        "gone.xml": "SOURCE_GONE",
        "broken.xml": "FEED_INVALID",
        "bomb.xml": "FEED_INVALID",
        "huge.xml": "SOURCE_TOO_LARGE",
        "inside.xml": "ADDRESS_FORBIDDEN",
    }
    assert len(report.ordered) == 3
    assert nights.submitted == [each.job_id for each in report.ordered]


class Faulty:
    """A plug-in with a mistake in it."""

    kind = "faulty"

    def recognises(self, address):
        """Take what is addressed to it."""
        return address.startswith("faulty:")

    def read(self, address, door):
        """Make the mistake."""
        return address[1000]


def test_a_plug_in_that_breaks_down_is_left_out_like_any_other(nights, site, monkeypatch):
    """One class and its name in a list is all that a new kind of source is."""
    monkeypatch.setattr(reading, "KINDS", (Faulty(), *reading.KINDS))

    report = nights.run("/good.xml", sources=("faulty:x", "no source", site.url("/good.xml")))

    assert [each.kind for each in report.sources] == ["faulty", "unknown", "feed"]
    assert report.sources[0].error == "INTERNAL: IndexError: string index out of range"
    assert (report.sources[1].error or "").startswith("ORDER_INVALID")
    assert len(report.ordered) == 3


def test_a_night_repeated_orders_nothing_twice(nights):
    """Jobs go to the fleet once, behind all others."""
    first = nights.run("/good.xml")
    second = nights.run("/good.xml")

    assert len(first.ordered) == 3
    assert second.ordered == ()
    assert {each.reason for each in second.skipped} == {"known"}
    assert len(nights.submitted) == nights.count(tables.Job) == 3
    assert set(nights.tiers) == {"batch"}
    assert nights.count(tables.TrendRun) == 2


def test_a_run_taken_up_again_orders_nothing_else(nights):
    """One that broke down after its decision hands over what it had decided, no newer video."""
    nights.faults = 1

    report = nights.run("/good.xml")

    titles = {each.ranked.candidate.title for each in report.ordered}
    assert titles == {"apples", "pears", "plums"}
    assert sorted(nights.submitted) == sorted(each.job_id for each in report.ordered)
    assert nights.count(tables.Job) == 3
    assert nights.count(tables.TrendRun) == 1


def test_a_dry_run_decides_and_writes_nothing(nights):
    """The ranking is there; no job, no row, nothing handed over."""
    report = nights.run("/good.xml", dry_run=True, videos_per_run=2)

    assert [each.decision for each in report.verdicts] == ["ordered", "ordered", "skipped"]
    assert nights.submitted == []
    for table in (tables.Job, tables.TrendRun, tables.TrendVerdict):
        assert nights.count(table) == 0


def test_topics_are_searched_for_videos(nights, site):
    """Words that trend become videos; the busiest topics alone are searched."""
    site.put("/topics.xml", topics_feed(("lunar eclipse", "2000+"), ("rain", "10+")))
    site.put(
        "/found/lunar%20eclipse",
        rss(enclosed(site.url("/moon.mp4"), "The lunar eclipse, live"), "<item/>"),
        Content_Type="application/rss+xml",
    )

    report = nights.run("/topics.xml", topics=1, source_timeout=20)

    (ordered,) = report.ordered
    assert ordered.ranked.candidate.title == "The lunar eclipse, live"
    assert "searched for now: lunar eclipse" in ordered.ranked.reasons
    assert [each.kind for each in report.sources] == ["feed", "search"]


def test_the_run_s_artifact_says_what_and_why(nights, site):
    """Ordered, skipped, sources; foreign titles are text, not markup."""
    site.put("/good.xml", rss(enclosed(site.url("/a.mp4"), "[click](http://x) | me")))
    report = nights.run("/good.xml", "/gone.xml?token=abcdef123", videos_per_run=0)

    text = artifact(report)
    assert "run's 0 videos are taken" in text
    assert "SOURCE" in text
    assert "[click](http" not in text
    assert "abcdef123" not in text + report.model_dump_json()


def artifact(report: TrendReport) -> str:
    """Return the text that a run left in Prefect's pages."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415  as above
    from prefect.client.schemas.filters import (  # noqa: PLC0415
        ArtifactFilter,
        ArtifactFilterFlowRunId,
    )

    of_run = ArtifactFilterFlowRunId(any_=[UUID(report.run_id)])
    with get_client(sync_client=True) as client:
        (found,) = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=of_run))
    assert found.key == "trending"
    return str(found.data)


def test_a_fleet_that_is_away_gets_its_jobs_later(nights):
    """They are accepted; the run says who will hand them over."""
    nights.is_away = True

    report = nights.run("/good.xml")

    assert nights.count(tables.Job) == 3
    assert "upkeep" in report.notes[0]


def test_a_night_without_any_source_fails(nights):
    """Somebody has to hear of it; what became of each is remembered all the same."""
    with pytest.raises(SourceUnreachable, match="None of the sources"):
        nights.run("/gone.xml", "/gone-too.xml")

    assert nights.count(tables.TrendRun) == 1


def test_by_hand_it_prints_the_ranking(nights, site, capsys):
    """A table of what would be ordered and why; nothing is."""
    words = ["--source", site.url("/good.xml"), "--words", "plums", "--videos", "1"]

    assert main(["trending", *words, "--dry-run"]) == 0

    told = capsys.readouterr().out
    assert told.index("plums") < told.index("apples")
    assert "would order" in told
    assert "skipped" in told
    assert nights.count(tables.Job) == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--source", "x", "--videos", "-1"], "videos_per_run"),
        (["--source", "x", "--time-zone", "Moon"], "time_zone"),
        (["--source", " "], "sources"),
    ],
)
def test_an_order_that_cannot_be_is_status_two(capsys, words, named):
    """The field is named, with a hint."""
    assert main(["trending", *words]) == 2

    told = capsys.readouterr().err
    assert told.startswith("ORDER_INVALID: ")
    assert named in told
