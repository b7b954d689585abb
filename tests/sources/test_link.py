"""Direct downloads from a real server that behaves well, and from one that does not."""

import hashlib
import time

import pytest

from cutroom.records.errors import (
    AddressForbidden,
    OrderInvalid,
    SourceEmpty,
    SourceForbidden,
    SourceGone,
    SourceNotVideo,
    SourcePrivate,
    SourceTooLarge,
    SourceUnreachable,
)
from cutroom.sources.answers import pause_asked
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.link import fetch_link

BODY = b"\0\0\0\x18ftypmp42" + hashlib.shake_256(b"video").digest(300_000)


@pytest.fixture
def fetch(site, tmp_path, quick):
    """Fetch a path of the site into the test's folder."""

    def fetch(path="/talk.mp4", *, limits=quick, allowed_hosts=None, **options):
        hosts = (site.host,) if allowed_hosts is None else allowed_hosts
        return fetch_link(site.url(path), tmp_path, limits=limits, allowed_hosts=hosts, **options)

    return fetch


def ranges_asked(site):
    """Return the Range header of each request so far."""
    return [headers.get("Range") for _, _, headers in site.requests]


def test_a_file_arrives_whole(site, fetch, tmp_path):
    """Every byte, in one request, under its final name."""
    site.put_file("/talk.mp4", BODY)

    fetched = fetch()

    assert fetched.video == tmp_path / "source.bin"
    assert fetched.video.read_bytes() == BODY
    assert (fetched.sound, fetched.title, fetched.bytes_downloaded) == (None, "talk", len(BODY))
    assert not (tmp_path / "source.part").exists()
    assert [headers["Accept-Encoding"] for _, _, headers in site.requests] == ["identity"]


def test_progress_runs_from_nothing_to_one(site, fetch):
    """Fractions grow and end at 1."""
    site.put_file("/talk.mp4", BODY)
    seen = []

    fetch(on_progress=seen.append)

    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] == 1


def test_a_cut_connection_is_taken_up_where_it_broke(site, fetch):
    """Two cuts cost two more requests and not one byte twice."""
    site.put_file("/talk.mp4", BODY, cuts=[100_000, 50_000])

    fetched = fetch()

    assert fetched.video.read_bytes() == BODY
    assert fetched.bytes_downloaded == len(BODY)
    assert ranges_asked(site) == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_call_takes_up_what_an_earlier_one_left(site, fetch, quick):
    """A retry of the whole step, on the same folder, only fetches the rest."""
    site.put_file("/talk.mp4", BODY, cuts=[100_000])
    with pytest.raises(SourceUnreachable):
        fetch(limits=quick.model_copy(update={"tries": 1}))

    fetched = fetch()

    assert fetched.video.read_bytes() == BODY
    assert fetched.bytes_downloaded == len(BODY) - 100_000
    assert site.requests[-1][2]["If-Range"] == '"one"'


def test_a_file_that_changed_in_between_is_fetched_anew(site, fetch, quick):
    """Halves of two files never become one."""
    site.put_file("/talk.mp4", BODY, cuts=[100_000])
    with pytest.raises(SourceUnreachable):
        fetch(limits=quick.model_copy(update={"tries": 1}))
    site.put_file("/talk.mp4", BODY[::-1], etag='"two"')

    assert fetch().video.read_bytes() == BODY[::-1]


def test_a_host_that_honours_ranges_of_a_changed_file_is_seen_through(site, fetch, quick):
    """A partial answer with another ETag is no continuation."""
    site.put_file("/talk.mp4", BODY, cuts=[100_000])
    with pytest.raises(SourceUnreachable):
        fetch(limits=quick.model_copy(update={"tries": 1}))
    new = BODY[::-1]

    def answer(visit):
        if "Range" not in visit.headers:
            return visit.say(200, new, {"ETag": '"two"'})
        ranged = {"ETag": '"two"', "Content-Range": f"bytes 100000-{len(new) - 1}/{len(new)}"}
        return visit.say(206, new[100_000:], ranged)

    site.answers["/talk.mp4"] = answer

    assert fetch().video.read_bytes() == new


def test_a_part_of_another_address_is_not_taken_up(site, fetch, quick):
    """What lies in the folder counts only for the address it came from."""
    site.put_file("/a.mp4", BODY, cuts=[100_000])
    site.put_file("/b.mp4", BODY[::-1])
    with pytest.raises(SourceUnreachable):
        fetch("/a.mp4", limits=quick.model_copy(update={"tries": 1}))

    assert fetch("/b.mp4").video.read_bytes() == BODY[::-1]
    assert ranges_asked(site) == [None, None]


@pytest.mark.parametrize(("etag", "has_ranges"), [('"one"', False), (None, True), ('W/"a"', True)])
def test_a_host_that_cannot_continue_starts_over(site, fetch, etag, has_ranges):
    """Without ranges, or without a name for this very version, the whole comes again."""
    site.put_file("/talk.mp4", BODY, etag=etag, has_ranges=has_ranges, cuts=[100_000])

    fetched = fetch()

    assert fetched.video.read_bytes() == BODY
    assert fetched.bytes_downloaded == len(BODY) + 100_000


def test_a_part_that_is_longer_than_the_file_is_dropped(site, fetch, quick):
    """The host answers 416, and the file is fetched from its first byte."""
    site.put_file("/talk.mp4", BODY, cuts=[100_000])
    with pytest.raises(SourceUnreachable):
        fetch(limits=quick.model_copy(update={"tries": 1}))
    short = BODY[:5000]

    def answer(visit):
        return visit.say(416) if "Range" in visit.headers else visit.say(200, short)

    site.answers["/talk.mp4"] = answer

    assert fetch().video.read_bytes() == short


def test_a_finished_file_is_not_fetched_again(site, fetch):
    """A step that failed after the download finds it done."""
    site.put_file("/talk.mp4", BODY)
    first = fetch()

    second = fetch()

    assert (second.video, second.title, second.bytes_downloaded) == (first.video, "talk", 0)
    assert len(site.requests) == 1


def test_a_host_that_keeps_cutting_is_given_up(site, fetch):
    """After the tries of one call the error says that it may heal; the part stays."""
    site.put_file("/talk.mp4", BODY, cuts=[1000] * 10)

    with pytest.raises(SourceUnreachable) as caught:
        fetch()

    assert caught.value.is_transient
    assert len(site.requests) == 3


def test_a_length_that_promises_too_much_is_unreachable(site, fetch):
    """A file shorter than announced never passes for the file."""
    site.answers["/talk.mp4"] = lambda visit: visit.say(200, BODY, length=len(BODY) + 10)

    with pytest.raises(SourceUnreachable):
        fetch()


def test_redirects_are_followed(site, other_site, fetch):
    """To other hosts too, relative or absolute; the title is that of the end."""
    other_site.put_file("/Final%20talk.mp4", BODY)
    site.put("/talk.mp4", b"", Location="next")
    site.answers["/talk.mp4"] = lambda visit: visit.say(302, b"", {"Location": "next"})
    site.answers["/next"] = lambda visit: visit.say(
        307, b"", {"Location": other_site.url("/Final%20talk.mp4")}
    )

    fetched = fetch(allowed_hosts=(site.host, other_site.host))

    assert (fetched.video.read_bytes(), fetched.title) == (BODY, "Final talk")


def test_a_ring_of_redirects_is_left(site, fetch):
    """After five of them."""
    site.answers["/talk.mp4"] = lambda visit: visit.say(302, b"", {"Location": "/talk.mp4"})

    with pytest.raises(SourceForbidden):
        fetch()

    assert len(site.requests) == 6


@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.1:{port}/v.mp4", "http://localhost:{port}/v.mp4", "http://[::1]/v.mp4"),
        *("//2130706433/v.mp4", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"),
        *("file:///etc/passwd", "ftp://example.com/v.mp4", "http://user:pw@1.1.1.1/v.mp4"),
    ],
)
def test_a_redirect_inside_is_refused(site, other_site, fetch, target):
    """A public page cannot send us to a private host, and nothing is asked there."""
    other_site.put("/v.mp4", b"secret")
    location = target.format(port=other_site.port)
    site.answers["/talk.mp4"] = lambda visit: visit.say(302, b"", {"Location": location})

    with pytest.raises(AddressForbidden):
        fetch()

    assert other_site.requests == []


def test_a_private_host_that_nobody_named_is_refused(site, fetch):
    """Not one packet goes there."""
    with pytest.raises(AddressForbidden):
        fetch(allowed_hosts=())

    assert site.requests == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((404, SourceGone), (410, SourceGone), (401, SourcePrivate), (403, SourceForbidden)),
        *((429, SourceUnreachable), (500, SourceUnreachable), (503, SourceUnreachable)),
        *((400, SourceForbidden), (451, SourceForbidden), (204, SourceEmpty)),
    ],
)
def test_each_refusal_has_its_own_error(site, fetch, status, error):
    """Only what may heal says so; none is asked twice in one call."""
    site.answers["/talk.mp4"] = lambda visit: visit.say(status)

    with pytest.raises(error) as caught:
        fetch()

    assert caught.value.is_transient is (error is SourceUnreachable)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html; charset=utf-8", b"hello"),
        ("video/mp4", b"<!DOCTYPE html><title>Log in</title>"),
        ("application/octet-stream", b"\xef\xbb\xbf \n<html lang=en>"),
        ("", b"<!-- served by a cache -->\n<!doctype HTML>"),
    ],
)
def test_a_web_page_is_not_a_video(site, fetch, tmp_path, media_type, body):
    """By its declared type or by its first bytes; nothing of it is kept."""
    site.put("/talk.mp4", body, Content_Type=media_type)

    with pytest.raises(SourceNotVideo):
        fetch()

    assert not (tmp_path / "source.part").exists()


def test_an_empty_answer_is_an_empty_source(site, fetch):
    """Success without a body is no success."""
    site.put("/talk.mp4", b"")

    with pytest.raises(SourceEmpty):
        fetch()


def test_an_announced_size_over_the_limit_is_not_even_begun(site, fetch, tmp_path, quick):
    """The length in the answer is enough to refuse, though never enough to trust."""
    site.put_file("/talk.mp4", BODY)

    with pytest.raises(SourceTooLarge):
        fetch(limits=quick.model_copy(update={"size_bytes": 1000}))

    assert not (tmp_path / "source.part").exists()


def test_an_endless_body_is_cut_at_the_limit(site, fetch, tmp_path, quick):
    """Without any length told, bytes are counted; the part is removed."""
    sent = []

    def pour(visit):
        visit.send_response(200)
        visit.send_header("Connection", "close")
        visit.end_headers()
        visit.close_connection = True
        while len(sent) < 10_000:
            sent.append(visit.wfile.write(b"\1" * 65_536))

    site.answers["/talk.mp4"] = pour

    with pytest.raises(SourceTooLarge):
        fetch(limits=quick.model_copy(update={"size_bytes": 2_000_000}))

    assert len(sent) < 10_000
    assert not (tmp_path / "source.part").exists()


def test_a_silent_host_is_left_after_the_idle_time(site, fetch):
    """A host that takes the request and says nothing counts as unreachable."""

    def wait(visit):
        visit.connection.settimeout(5)
        visit.rfile.read(1)

    site.answers["/talk.mp4"] = wait

    with pytest.raises(SourceUnreachable, match="silent"):
        fetch(limits=FetchLimits(idle=0.2, pause=0))


def test_a_dripping_host_is_left_at_the_deadline(site, fetch):
    """Bytes that never stop and never suffice do not hold a worker."""

    def drip(visit):
        visit.send_response(200)
        visit.send_header("Content-Length", "1000000")
        visit.end_headers()
        for _ in range(500):
            visit.wfile.write(b"\1")
            visit.wfile.flush()
            time.sleep(0.01)

    site.answers["/talk.mp4"] = drip

    with pytest.raises(SourceUnreachable, match="not here after"):
        fetch(limits=FetchLimits(deadline=0.2, pause=0))


def test_a_host_that_is_not_there_is_unreachable(tmp_path, site, quick):
    """A refused connection may heal."""
    port = site.port
    url = f"http://127.0.0.2:{port}/v.mp4"

    with pytest.raises(SourceUnreachable):
        fetch_link(url, tmp_path, limits=quick, allowed_hosts=("127.0.0.2",))


@pytest.mark.parametrize("url", ["http://", "http://[::1/", "nonsense"])
def test_nonsense_is_no_address(tmp_path, quick, url):
    """What is no address is an error of the order."""
    with pytest.raises((OrderInvalid, AddressForbidden)):
        fetch_link(url, tmp_path, limits=quick)


def test_errors_keep_secrets(site, fetch):
    """A signature in the address never reaches a message."""
    site.answers["/talk.mp4"] = lambda visit: visit.say(403)

    with pytest.raises(SourceForbidden) as caught:
        fetch("/talk.mp4?X-Amz-Signature=canary1&token=canary2")

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("disposition", "title"),
    [
        ('attachment; filename="My talk.mp4"', "My talk"),
        ("attachment; filename*=UTF-8''%C3%9Cber%20uns.webm", "Über uns"),
        ('inline; filename="../../etc/evil\\\\name.mov"', "name"),
        ("attachment", "talk"),
    ],
)
def test_the_host_names_the_file(site, fetch, disposition, title):
    """The file name a host offers becomes the title, never a path."""
    site.put("/talk.mp4", BODY, Content_Disposition=disposition)

    assert fetch().title == title


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_host_may_say_when_to_come_back(header, seconds):
    """In seconds or as a date; anything else says nothing."""
    assert pause_asked(header) == seconds


def test_a_busy_host_says_how_long_it_is_busy(site, fetch):
    """The error carries it, for whoever tries again."""
    site.answers["/talk.mp4"] = lambda visit: visit.say(503, headers={"Retry-After": "77"})

    with pytest.raises(SourceUnreachable) as caught:
        fetch()
    assert caught.value.retry_after == 77
