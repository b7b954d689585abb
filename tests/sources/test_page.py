"""Pages from a real server, read by the real yt-dlp."""

import gzip
import os
import re
import time

import ffmpeg
import pytest

from cutroom.media.ffmpeg import run
from cutroom.media.opening import open_media
from cutroom.records.errors import (
    AddressForbidden,
    SourceForbidden,
    SourceGone,
    SourceLive,
    SourceMissing,
    SourceNotVideo,
    SourcePrivate,
    SourceTooLarge,
    SourceTooLong,
    SourceUnreachable,
)
from cutroom.sources import page_network
from cutroom.sources.page import fetch_page
from cutroom.sources.page_settings import PageSettings

# yt-dlp leaves an answer that it gave up half-way to the garbage collector, whenever that comes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
PAGE = "<html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.fixture
def fetch(site, tmp_path, quick):
    """Fetch a page of the site into the test's folder."""

    def fetch(path="/watch", *, limits=quick, on_progress=None, **settings):
        settings = PageSettings(**({"allowed_hosts": (site.host,)} | settings))
        return fetch_page(
            site.url(path), tmp_path, limits=limits, settings=settings, on_progress=on_progress
        )

    return fetch


def put_page(site, body, title="A talk", path="/watch", **headers):
    """Serve an HTML page."""
    page = PAGE.format(title=title, body=body).encode()
    site.put(path, page, Content_Type="text/html; charset=utf-8", **headers)


def asked(site):
    """Return the paths asked for so far."""
    return [path for _, path, _ in site.requests]


def put_hls(site, folder, file, *, name="v"):
    """Cut a video into segments as HLS does, and serve them under `/NAME/`."""
    folder.mkdir()
    options = {"hls_time": 1, "hls_playlist_type": "vod", "hls_list_size": 0, "codec": "copy"}
    run(ffmpeg.output(ffmpeg.input(str(file)), str(folder / "index.m3u8"), f="hls", **options))
    for part in folder.iterdir():
        media_type = "application/vnd.apple.mpegurl" if part.suffix == ".m3u8" else "video/mp2t"
        site.put(f"/{name}/{part.name}", part.read_bytes(), Content_Type=media_type)


def test_a_page_with_a_video_gives_the_video(site, fetch, mp4, tmp_path, capfd):
    """The file its <video> tag names, with the page's title, and not a word on the terminal."""
    put_page(site, '<video src="/media/v.mp4"></video>', title="A talk \u202e&amp; more")
    site.put_file("/media/v.mp4", mp4)
    seen = []

    fetched = fetch(on_progress=seen.append)

    assert fetched.video == tmp_path / "source.bin"
    assert fetched.video.read_bytes() == mp4
    assert (fetched.sound, fetched.title) == (None, "A talk & more")
    assert fetched.bytes_downloaded >= len(mp4)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in tmp_path.iterdir()] == ["source.bin"]


@pytest.mark.parametrize("media_type", ["video/mp4", "application/octet-stream", "binary/x"])
def test_the_address_of_a_plain_file_works_too(site, fetch, mp4, media_type):
    """Whoever orders a file as a page gets the file."""
    site.put("/download", mp4, Content_Type=media_type)

    assert fetch("/download").video.read_bytes() == mp4


def test_the_best_of_several_formats_is_taken(site, fetch, encoder, tmp_path):
    """The larger picture, of two in one playlist."""
    (tmp_path / "made").mkdir()
    for name, size in (("small", "160x120"), ("large", "320x240")):
        file = encoder(tmp_path / "made" / f"{name}.mp4", size)
        put_hls(site, tmp_path / name, file, name=name)
    site.put(
        "/master.m3u8",
        b"#EXTM3U\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=160x120\n/small/index.m3u8\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=200000,RESOLUTION=320x240\n/large/index.m3u8\n",
        Content_Type="application/vnd.apple.mpegurl",
    )

    with open_media(fetch("/master.m3u8").video) as media:
        assert media.streams.video[0].width == 320


def test_segments_become_one_file(site, fetch, encoder, tmp_path):
    """HLS is fetched by yt-dlp itself; ffmpeg is not asked, though it lies on PATH."""
    file = encoder(tmp_path / "three.mp4", "160x120", seconds=3, g=10)
    put_hls(site, tmp_path / "hls", file)
    seen = []

    fetched = fetch("/v/index.m3u8", on_progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 1
    with open_media(fetched.video) as media:
        assert sum(1 for _ in media.decode(video=0)) == 30


def test_picture_and_sound_apart_come_as_two_files(site, fetch, encoder, tmp_path):
    """Nothing is merged here; the caller does that behind its own door."""
    file = encoder(tmp_path / "both.mp4", "160x120")
    for name, wanted in (("picture", "v"), ("sound", "a")):
        alone = ffmpeg.output(
            ffmpeg.input(str(file))[wanted], str(tmp_path / f"{name}.mp4"), codec="copy"
        )
        run(alone)
        put_hls(site, tmp_path / name, tmp_path / f"{name}.mp4", name=name)
    site.put(
        "/master.m3u8",
        b"#EXTM3U\n"
        b'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="s",DEFAULT=YES,URI="/sound/index.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=90000,CODECS="avc1.42c00b,mp4a.40.2",RESOLUTION=160x120,'
        b'AUDIO="s"\n/picture/index.m3u8\n',
        Content_Type="application/vnd.apple.mpegurl",
    )

    fetched = fetch("/master.m3u8")

    assert (fetched.video.name, fetched.sound and fetched.sound.name) == ("source.bin", "sound.bin")
    with open_media(fetched.video) as picture, open_media(fetched.sound) as sound:
        assert [len(picture.streams.video), len(picture.streams.audio)] == [1, 0]
        assert [len(sound.streams.video), len(sound.streams.audio)] == [0, 1]


def test_a_cut_connection_is_taken_up_where_it_broke(site, fetch, mp4):
    """Within one call, by range."""
    put_page(site, '<video src="/v.mp4"></video>')
    site.put_file("/v.mp4", mp4, cuts=[5000])

    assert fetch().video.read_bytes() == mp4
    assert [headers["Range"] for *_, headers in site.requests if "Range" in headers] == [
        "bytes=5000-"
    ]


@pytest.mark.parametrize("key", ["METHOD=SAMPLE-AES", "METHOD=NONE"])
def test_an_ffmpeg_on_the_way_is_never_run(site, fetch, tmp_path, monkeypatch, encoder, key):
    """Not for a stream that needs it, which is refused, and not for one that does not."""
    file = encoder(tmp_path / "one.mp4", "160x120")
    put_hls(site, tmp_path / "hls", file)
    playlist = (tmp_path / "hls" / "index.m3u8").read_bytes()
    keyed = playlist.replace(b"#EXTINF", b'#EXT-X-KEY:%s,URI="/key"\n#EXTINF' % key.encode(), 1)
    site.put("/v/index.m3u8", keyed, Content_Type="application/vnd.apple.mpegurl")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("ffmpeg", "ffprobe", "avconv"):
        (programs / name).write_text(f"#!/bin/sh\necho > {tmp_path}/ran\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    if key == "METHOD=NONE":
        assert fetch("/v/index.m3u8").video.exists()
    else:
        with pytest.raises((SourceNotVideo, SourceForbidden)):
            fetch("/v/index.m3u8")

    assert not (tmp_path / "ran").exists()


def test_a_live_stream_is_refused(site, fetch):
    """A playlist without an end has not ended."""
    site.put(
        "/live.m3u8",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n/s1.ts\n",
        Content_Type="application/vnd.apple.mpegurl",
    )

    with pytest.raises(SourceLive):
        fetch("/live.m3u8")
    assert "/s1.ts" not in asked(site)


def test_a_page_with_several_videos_is_refused(site, fetch):
    """Which of them was meant, only the user knows; none is fetched."""
    put_page(site, '<video src="/a.mp4"></video><video src="/b.mp4"></video>')

    with pytest.raises(SourceNotVideo, match="several"):
        fetch()
    assert not {"/a.mp4", "/b.mp4"} & set(asked(site))


def test_a_page_without_a_video_is_no_video(site, fetch):
    """A page of text."""
    put_page(site, "<p>Nothing to see</p>")

    with pytest.raises(SourceNotVideo):
        fetch()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((404, SourceGone), (410, SourceGone), (401, SourcePrivate), (403, SourceForbidden)),
        *((429, SourceUnreachable), (500, SourceUnreachable)),
    ],
)
@pytest.mark.parametrize("where", ["/watch", "/v.mp4"])
def test_each_refusal_has_its_own_error(site, fetch, status, error, where):
    """Whether the page refuses or the video on it."""
    put_page(site, '<video src="/v.mp4"></video>')
    site.answers[where] = lambda visit: visit.say(status)

    with pytest.raises(error):
        fetch()


def test_a_video_over_the_limit_is_cut_off(site, fetch, quick, tmp_path):
    """Bytes are counted; what the host announces is not needed."""

    def pour(visit):
        visit.send_response(200)
        visit.send_header("Content-Type", "video/mp4")
        visit.send_header("Connection", "close")
        visit.end_headers()
        visit.close_connection = True
        for _ in range(3000 if visit.command == "GET" else 0):
            visit.wfile.write(b"\1" * 65_536)

    site.answers["/v.mp4"] = pour

    with pytest.raises(SourceTooLarge):
        fetch("/v.mp4", limits=quick.model_copy(update={"size_bytes": 1_000_000}))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 20_000_000


def test_a_video_that_says_it_is_too_long_is_refused(site, fetch):
    """Before any of it is fetched."""
    site.put(
        "/long.m3u8",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:30000\n#EXTINF:30000,\n/s.ts\n#EXT-X-ENDLIST\n",
        Content_Type="application/vnd.apple.mpegurl",
    )

    with pytest.raises(SourceTooLong):
        fetch("/long.m3u8")
    assert "/s.ts" not in asked(site)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/v.mp4", "http://localhost:{port}/v.mp4", "http://[::1]/v"]
)
@pytest.mark.parametrize("way", ["redirect", "video", "segment", "redirected video"])
def test_no_page_leads_inside(site, other_site, fetch, mp4, target, way):
    """By redirect, by tag, by playlist: a private host that nobody named gets no packet."""
    inside = target.format(port=other_site.port)
    other_site.put_file("/v.mp4", mp4)
    leads_on = lambda visit: visit.say(302, b"", {"Location": inside})  # noqa: E731
    put_page(site, f'<video src="{inside if way == "video" else "/v.mp4"}"></video>')
    path = "/watch"
    if way == "redirect":
        site.answers["/watch"] = leads_on
    elif way == "redirected video":
        site.answers["/v.mp4"] = leads_on
    elif way == "segment":
        path = "/v.m3u8"
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{inside}\n#EXT-X-ENDLIST\n"
        site.put(path, playlist.encode(), Content_Type="application/vnd.apple.mpegurl")

    with pytest.raises(AddressForbidden):
        fetch(path)
    assert other_site.requests == []


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/v.mp4", "rtmp://a/b"])
@pytest.mark.parametrize("way", ["redirect", "video"])
def test_no_page_leads_to_other_protocols(site, fetch, target, way, tmp_path):
    """No file of this machine, no FTP, no RTMP."""
    put_page(site, f'<video src="{target}"></video>')
    if way == "redirect":
        site.answers["/watch"] = lambda visit: visit.say(302, b"", {"Location": target})

    with pytest.raises((AddressForbidden, SourceForbidden, SourceNotVideo)):
        fetch()
    assert not list(tmp_path.iterdir())


def test_a_private_page_that_nobody_named_is_refused(site, fetch):
    """Before yt-dlp is loaded."""
    with pytest.raises(AddressForbidden):
        fetch(allowed_hosts=())
    assert site.requests == []


def test_packed_pages_are_read(site, fetch, mp4):
    """Packing saves traffic on pages."""
    page = PAGE.format(title="Packed", body='<video src="/v.mp4"></video>').encode()
    site.put("/watch", gzip.compress(page), Content_Type="text/html", Content_Encoding="gzip")
    site.put_file("/v.mp4", mp4)

    assert fetch().title == "Packed"


def test_a_page_that_unpacks_without_end_is_refused(site, fetch):
    """A hundred megabytes of blanks, in a hundred kilobytes."""
    bomb = gzip.compress(b" " * (page_network.MOST_PAGE_BYTES + 10_000), 9)
    site.put("/watch", bomb, Content_Type="text/html", Content_Encoding="gzip")

    with pytest.raises(SourceTooLarge):
        fetch()


def test_a_dripping_page_is_left_at_the_deadline(site, fetch, quick):
    """Bytes that never stop and never suffice do not hold a worker."""

    def drip(visit):
        visit.send_response(200)
        visit.send_header("Content-Type", "video/mp4")
        visit.send_header("Content-Length", "1000000")
        visit.end_headers()
        for _ in range(300 if visit.command == "GET" else 0):
            visit.wfile.write(b"\1" * 2000)
            visit.wfile.flush()
            time.sleep(0.01)

    site.answers["/v.mp4"] = drip

    with pytest.raises(SourceUnreachable, match="not here after"):
        fetch("/v.mp4", limits=quick.model_copy(update={"deadline": 1.0}))


def test_cookies_are_sent_and_their_file_stays_as_it_was(site, fetch, mp4, tmp_path):
    """yt-dlp sees a private copy that is gone afterwards, whatever the site sets."""
    jar = tmp_path / "jar.txt"
    jar.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tlogin\tyes\n")
    before = jar.read_bytes()
    put_page(site, '<video src="/v.mp4"></video>', Set_Cookie="seen=1")
    site.put_file("/v.mp4", mp4)
    modes = []

    def watch(_fraction):
        modes.append((tmp_path / "cookies.txt").stat().st_mode & 0o777)

    fetch(cookies_file=jar, on_progress=watch)

    assert site.requests[0][2]["Cookie"] == "login=yes"
    assert jar.read_bytes() == before
    assert set(modes) == {0o600}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["jar.txt", "source.bin"]


def test_a_missing_cookies_file_says_so(fetch, tmp_path):
    """A wrong setting is not the site's fault."""
    with pytest.raises(SourceMissing):
        fetch(cookies_file=tmp_path / "none.txt")


def test_a_proxy_carries_every_request(site, fetch, mp4, tmp_path, quick):
    """The proxy looks the name up; this machine need not know it, and the password stays in."""
    body = PAGE.format(title="Far", body='<video src="/v.mp4"></video>').encode()
    site.answers["http://far.example.invalid/watch"] = lambda visit: visit.say(
        200, body, {"Content-Type": "text/html"}
    )
    site.put_file("http://far.example.invalid/v.mp4", mp4)
    settings = PageSettings(proxy=f"http://me:canary@{site.host}")

    fetched = fetch_page(
        "http://far.example.invalid/watch", tmp_path, limits=quick, settings=settings
    )

    assert fetched.video.read_bytes() == mp4
    assert "canary" not in repr(settings)


def test_a_proxy_does_not_open_the_way_inside(site, tmp_path, quick):
    """Addresses that are private here are not asked of the proxy either."""
    settings = PageSettings(proxy=f"http://{site.host}")

    with pytest.raises(AddressForbidden):
        fetch_page("http://169.254.169.254/", tmp_path, limits=quick, settings=settings)
    assert site.requests == []


def test_configuration_that_lies_about_is_not_read(site, fetch, mp4, tmp_path, monkeypatch):
    """An upload called yt-dlp.conf in the working directory runs nothing."""
    put_page(site, '<video src="/v.mp4"></video>')
    site.put_file("/v.mp4", mp4)
    (tmp_path / "yt-dlp.conf").write_text(f"--exec 'touch {tmp_path}/ran'")
    monkeypatch.chdir(tmp_path)

    fetch()

    assert not (tmp_path / "ran").exists()


def test_errors_keep_secrets(site, fetch):
    """A signature in the address never reaches a message."""
    put_page(site, "<p>Nothing</p>")

    with pytest.raises(SourceNotVideo) as caught:
        fetch("/watch?sig=canary1&token=canary2")

    assert not re.search("canary", str(caught.value))


@pytest.mark.parametrize(
    ("setting", "runtimes"),
    [
        ("node:/opt/node/bin/node", {"node": {"path": "/opt/node/bin/node"}}),
        ("deno", {"deno": {}}),
    ],
)
def test_the_javascript_runtime_can_be_named(setting, runtimes):
    """With or without its path."""
    assert PageSettings(javascript_runtime=setting).javascript() == runtimes


def test_the_javascript_runtime_is_found(tmp_path, monkeypatch):
    """The first that the machine has, none when it has none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PageSettings().javascript() == {}

    (tmp_path / "qjs").touch(mode=0o755)
    assert PageSettings().javascript() == {"quickjs": {"path": str(tmp_path / "qjs")}}
