"""The product, told by what a user does: a video from an address."""

import prefect_api
import pytest
from house import redone
from videos import make_video

from cutroom.records.errors import SourceGone
from cutroom.records.order import Order, Recipe, Source


def order_of(house, kind, url):
    recipe = Recipe(transcribe=False, clips=1)
    return Order(source=Source(kind=kind, location=url), recipe=recipe, out=str(house.out))


@pytest.fixture
def allowed(house, site, monkeypatch):
    """Allow the test's own site, which is on a private address."""
    from blocks.settings import settings  # noqa: PLC0415

    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", f'["{site.host}"]')
    settings.cache_clear()
    return site


def fetches(site, path):
    return [request for request in site.requests if request[:2] == ("GET", path)]


def test_a_link_is_fetched_once(house, allowed, tmp_path):
    """One request for the video, whatever is done with it and however often it is ordered."""
    from flows.video import video  # noqa: PLC0415  Prefect's settings are temporary

    content = make_video(tmp_path / "a.mp4", seconds=6).read_bytes()
    allowed.put_file("/My%20talk.mp4", content)
    order = order_of(house, "link", allowed.url("/My%20talk.mp4"))

    first, second = video(order), video(order)

    assert len(fetches(allowed, "/My%20talk.mp4")) == 1
    assert first.ledger.downloads == 1
    assert first.ledger.bytes_downloaded == len(content)
    assert (second.ledger.downloads, redone(second)) == (0, set())
    assert first.source.title == "My talk"


def test_a_failure_later_does_not_fetch_again(house, allowed, tmp_path):
    """The source is kept when a later step breaks."""
    from flows.video import video  # noqa: PLC0415

    allowed.put_file("/a.mp4", make_video(tmp_path / "a.mp4", seconds=4).read_bytes())
    order = order_of(house, "link", allowed.url("/a.mp4"))
    broken = order.model_copy(
        update={"recipe": Recipe(transcribe=False, renditions=("no-such-profile",))}
    )

    with pytest.raises(Exception, match="no-such-profile"):
        video(broken)
    report = video(order)

    assert len(fetches(allowed, "/a.mp4")) == 1
    assert report.ledger.downloads == 0


def test_a_page_is_read_for_its_video(house, allowed, tmp_path):
    """A page that shows a video is enough."""
    from flows.video import video  # noqa: PLC0415

    allowed.put_file("/film.mp4", make_video(tmp_path / "a.mp4", seconds=4).read_bytes())
    page = b"<html><title>A film</title><body><video src='/film.mp4'></video></body></html>"
    allowed.put("/watch", page, **{"Content-Type": "text/html"})

    report = video(order_of(house, "page", allowed.url("/watch")))

    assert report.source.kind == "page"
    assert report.source.duration == pytest.approx(4, abs=0.1)


def test_what_is_gone_is_not_asked_for_again(house, allowed):
    """A 404 is one typed error and one request."""
    from flows.video import video  # noqa: PLC0415

    with pytest.raises(SourceGone):
        video(order_of(house, "link", allowed.url("/none.mp4")))

    assert len(fetches(allowed, "/none.mp4")) == 1


def test_a_signature_is_not_shown(house, allowed, tmp_path):
    """A signed link works, and no result tells its signature."""
    from flows.video import video  # noqa: PLC0415

    allowed.put_file("/a.mp4", make_video(tmp_path / "a.mp4", seconds=4).read_bytes())
    video(order_of(house, "link", allowed.url("/a.mp4?X-Amz-Signature=canary")))

    results = [path for path in house.out.rglob("*") if path.is_file()]
    assert results
    assert not [path.name for path in results if b"canary" in path.read_bytes()]


def test_runs_have_names_and_an_artifact(house, allowed, tmp_path):
    """In Prefect's pages a person recognises the video and its steps, and reads the report."""
    from flows.video import video  # noqa: PLC0415

    allowed.put_file("/holiday.mp4", make_video(tmp_path / "a.mp4", seconds=4).read_bytes())
    report = video(order_of(house, "link", allowed.url("/holiday.mp4")))

    key = {"artifacts": {"key": {"any_": [f"report-{report.job_id}"]}}}
    (artifact,) = prefect_api.post(f"{house.api}/artifacts/filter", json=key).json()
    run = prefect_api.get(f"{house.api}/flow_runs/{artifact['flow_run_id']}").json()
    assert artifact["type"] == "markdown"
    assert "holiday" in artifact["data"]
    assert run["name"] == "video holiday.mp4"
