"""Which formats are chosen, by the real yt-dlp on made-up lists."""

import pytest

from cutroom.records.errors import SourceLive, SourceTooLarge
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.page_reader import PageReader
from cutroom.sources.page_settings import PageSettings


@pytest.fixture
def reader(tmp_path):
    """A reader that asks no network."""
    limits = FetchLimits(size_bytes=1000)
    with PageReader(tmp_path, limits, PageSettings(), None, [], None) as reader:
        yield reader


def picture(name, height, codec, **more):
    """Return a picture without sound."""
    ext = "webm" if codec.startswith("vp") else "mp4"
    return _format(name, ext, vcodec=codec, acodec="none", height=height, fps=30) | more


def sound(name, codec, **more):
    """Return a sound track."""
    ext = "m4a" if codec.startswith("mp4a") else "webm"
    return _format(name, ext, vcodec="none", acodec=codec) | more


def _format(name, ext, **more):
    return {"format_id": name, "url": f"https://1.1.1.1/{name}", "ext": ext, **more}


def chosen(reader, *formats):
    """Return the names of the formats that the reader would download."""
    info = {"id": "x", "title": "t", "extractor": "e", "formats": list(formats)}
    video = reader.process_ie_result({**info, "_type": "video"}, download=False)
    return [each["format_id"] for each in video.get("requested_formats") or [video]]


H264, VP9, AV1, AAC, OPUS = "avc1.640028", "vp9", "av01.0.08M.08", "mp4a.40.2", "opus"


def test_at_the_same_size_nothing_that_needs_an_encode_is_taken(reader):
    """H.264 and AAC go before newer codecs, though these come with higher bit rates."""
    formats = (
        *(picture("h264", 1080, H264, vbr=2000), picture("vp9", 1080, VP9, vbr=3000)),
        *(picture("av1", 1080, AV1, vbr=4000), sound("aac", AAC, abr=128)),
        sound("opus", OPUS, abr=160),
    )

    assert chosen(reader, *formats) == ["h264", "aac"]
    assert chosen(reader, *reversed(formats)) == ["h264", "aac"]


def test_a_larger_picture_goes_before_an_easier_codec(reader):
    """Quality comes first; an encode is only time."""
    assert chosen(
        reader, picture("h264", 1080, H264), picture("vp9", 2160, VP9), sound("aac", AAC)
    ) == ["vp9", "aac"]


def test_a_smoother_picture_goes_before_an_easier_codec(reader):
    """Sixty frames a second are quality too."""
    assert chosen(
        reader, picture("h264", 1080, H264), picture("vp9", 1080, VP9, fps=60), sound("aac", AAC)
    ) == ["vp9", "aac"]


def test_the_original_language_goes_before_a_dubbed_one(reader):
    """Whatever the dubbed track's codec."""
    assert chosen(
        reader,
        picture("h264", 720, H264),
        sound("dubbed", AAC, language_preference=-10),
        sound("original", OPUS, language_preference=10),
    ) == ["h264", "original"]


def test_a_picture_with_sound_in_it_needs_no_second_file(reader):
    """One file, one request."""
    both = _format("both", "mp4", vcodec=H264, acodec=AAC, height=1080)

    assert chosen(reader, both, sound("aac", AAC)) == ["both"]


def test_protocols_that_need_other_programs_are_passed_over(reader):
    """The best of what yt-dlp can bring by itself."""
    assert chosen(
        reader,
        picture("rtmp", 2160, H264, protocol="rtmp"),
        picture("socket", 2160, H264, protocol="websocket_frag"),
        picture("web", 720, H264),
        sound("aac", AAC),
    ) == ["web", "aac"]


@pytest.mark.parametrize("status", ["is_live", "is_upcoming", "post_live"])
def test_what_has_not_ended_is_refused(reader, status):
    """Also a stream that has just ended and is still being put together."""
    with pytest.raises(SourceLive):
        reader._check({"live_status": status}, [])


def test_sizes_are_added_up(reader):
    """Picture and sound together may not pass the limit."""
    with pytest.raises(SourceTooLarge):
        reader._check({}, [{"filesize": 600}, {"filesize": 600}])
