"""A real PostgreSQL, fresh catalogs on it and on SQLite, and records to put into them."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from postgres import connect, serving

from cutroom.catalog import sessions
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.blob import Blob
from cutroom.records.clip import CaptionFiles, Clip, CropPoint, Cut, FramingPath
from cutroom.records.findings import Scene, Segment, Transcript, Word
from cutroom.records.media import AudioStream, Media, VideoStream
from cutroom.records.order import Order, Recipe, Source
from cutroom.records.report import (
    Cost,
    Ledger,
    MediaReport,
    NormalReport,
    ProxyReport,
    Report,
    SourceReport,
    Stage,
    StorageRequests,
    VideoReport,
)
from cutroom.records.span import Span

DIGEST = "d1" * 32


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """A PostgreSQL server of our own; yields the folder of its socket, its only entrance."""
    with serving() as folder:
        yield folder


@pytest.fixture
def postgres_url(postgres: Path) -> str:
    """Return the address of a schema that is new and empty; a database each costs half a second."""
    name = f"t{uuid4().hex}"
    with connect(postgres) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"postgresql://postgres@/postgres?host={postgres}&options=-csearch_path%3D{name}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of a file that is not there yet, nor its folder."""
    return f"sqlite:///{tmp_path / 'home' / 'catalog.db'}"


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    """Close what a test has opened: the next one has another address."""
    yield
    for catalog in sessions._catalogs.values():
        catalog.engine.dispose()
    sessions._catalogs.clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of a catalog to be made, on each database in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def catalog(url: str) -> Catalog:
    """Open a new catalog, on each database in turn."""
    return open_catalog(url)


@pytest.fixture
def order() -> Order:
    """Someone's wish, with an address that needs care."""
    source = Source(kind="link", location="https://example.org/ä%20b.mp4?sig=x&y='\"")
    return Order(source=source, recipe=Recipe(renditions=("720p",)), owner="ann", tier="premium")


@pytest.fixture
def media() -> Media:
    """What a probe may find: nothing left at its default."""
    picture = VideoStream(
        index=0,
        codec="h264",
        profile="High",
        width=1920,
        height=1080,
        rotation=90,
        is_mirrored=True,
        pixel_shape=Fraction(4, 3),
        frame_rate=Fraction(30000, 1001),
        time_base=Fraction(1, 90000),
        is_vfr=True,
        pixel_format="yuv420p",
        hdr="pq",
        is_interlaced=True,
        frames=900,
    )
    sound = AudioStream(
        index=1, codec="aac", channels=2, sample_rate=48000, language="deu", is_default=True
    )
    return Media(
        container="mov",
        duration=30.03,
        size_bytes=3 * 2**31,
        start=0.1,
        video=picture,
        audio=(sound,),
        keyframes=(0.0, 1.0 / 3, 8.341666666666667),
        is_seekable=False,
        damage=("two frames are broken",),
    )


@pytest.fixture
def cuts() -> tuple[Cut, ...]:
    """Two cuts, the better one first though it comes later."""
    path = FramingPath(width=0.3, height=1, points=(CropPoint(time=20, x=0.1, y=0),))
    return (
        Cut(
            id="b" * 16,
            span=Span(start=20, end=28.5),
            title="The end",
            score=0.9,
            reasons=("someone laughs",),
            layout="vertical",
            framing=path,
            captions="burned",
        ),
        Cut(id="a" * 16, span=Span(start=1, end=9), title="The start", score=0.4),
    )


@pytest.fixture
def clips(cuts: tuple[Cut, ...]) -> tuple[Clip, ...]:
    """The two cuts, rendered."""
    blob = Blob(digest="e" * 64, size_bytes=10, suffix=".mp4")
    captions = CaptionFiles(srt=blob, vtt=blob, ass=blob)
    first, second = cuts
    return (
        Clip(
            cut=first,
            file=blob,
            span=first.span,
            how="encoded",
            width=608,
            height=1080,
            captions=captions,
            thumbnail=blob,
        ),
        Clip(
            cut=second,
            file=blob,
            span=second.span,
            how="copied",
            width=1920,
            height=1080,
            captions=None,
            thumbnail=blob,
        ),
    )


@pytest.fixture
def transcript() -> Transcript:
    """Two words, one of them not in this alphabet."""
    return Transcript(
        engine="pocketsphinx",
        model="en-us",
        language="en",
        degraded=True,
        segments=(Segment(start=1, end=2, text="hello мир"),),
        words=(
            Word(start=1, end=1.4, text="hello", probability=0.1 + 0.2),
            Word(start=1.4, end=2, text="мир", probability=1),
        ),
    )


@pytest.fixture
def ledger() -> Ledger:
    """A bill with every number its own."""
    return Ledger(
        downloads=1,
        bytes_downloaded=5 * 2**31,
        bytes_uploaded=7,
        storage_requests=StorageRequests(put=2, get=3, head=4),
        video_encodes=5,
        wall_seconds=6.5,
        cpu_seconds=7.25,
        stages=(
            Stage(name="fetch", seconds=1.5, cpu_seconds=0.25),
            Stage(name="clips", seconds=0.125, cached=True),
        ),
        cost_usd=Cost(compute=0.1, storage=0.2, transfer=0.3, language=0.4, total=1.0),
    )


@pytest.fixture
def report(ledger: Ledger, transcript: Transcript) -> Report:
    """A finished job's report; the test gives it its job."""
    return Report(
        job_id="",
        status="completed",
        source=SourceReport(
            kind="link",
            location="https://example.org/b.mp4",
            title="A title",
            duration=30.03,
            size_bytes=3 * 2**31,
            sha256=DIGEST,
        ),
        media=MediaReport(
            container="mov",
            duration=30.03,
            keyframes=3,
            video=VideoReport(
                codec="h264",
                width=1920,
                height=1080,
                rotation=90,
                frame_rate=Fraction(30000, 1001),
                is_vfr=True,
                pixel_format="yuv420p",
                hdr=None,
            ),
            audio=(),
        ),
        normal=NormalReport(how="copied", reason="it is sound"),
        proxy=ProxyReport(file=None, how="reused", reason="it fits"),
        scenes=(Scene(start=0, end=30.03),),
        transcript=transcript,
        ledger=ledger,
    )
