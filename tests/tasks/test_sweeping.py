"""Upkeep clears the catalog as well."""

from datetime import timedelta

from sqlmodel import select

from blocks.settings import Settings
from cutroom.catalog import reading, tables, trends
from cutroom.catalog.sessions import open_catalog
from cutroom.records.trend import Candidate, Ranked, TrendOrder, Verdict
from tasks.sweeping import TRENDS_KEPT, sweep

VIDEO = Candidate(address="https://example.org/a", title="a")


def test_old_verdicts_of_trending_are_swept(tmp_path):
    """Those a season old, not those of last week."""
    chosen = Settings(home=tmp_path)
    catalog = open_catalog(chosen.catalog)
    now = reading.moment(catalog)
    for run, age in (("1" * 32, TRENDS_KEPT + timedelta(days=1)), ("2" * 32, timedelta(days=7))):
        verdict = Verdict(
            ranked=Ranked(candidate=VIDEO, score=0), decision="skipped", reason="too_old", why="old"
        )
        trends.decide(
            catalog,
            run,
            now - age,
            TrendOrder(sources=("topics:US",)),
            (),
            since=now,
            videos={VIDEO.address: "a" * 64},
            judge=lambda _known, _spent, verdict=verdict: (verdict,),
            order_of=lambda _: None,
        )

    assert "and 1 old verdicts of trending" in sweep(chosen, catalog)
    with catalog.reading() as session:
        assert session.exec(select(tables.TrendVerdict.run_id)).all() == ["2" * 32]
