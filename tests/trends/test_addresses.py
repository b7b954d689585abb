"""The same video is known wherever it is named, and two videos are never one."""

import pytest

from cutroom.trends.addresses import canonical, job_id, key, youtube_id

WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "address",
    [
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "http://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ&t=42s",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RDAMVM",
        "https://www.youtube.com/live/dQw4w9WgXcQ",
        " https://YouTube.com/watch?v=dQw4w9WgXcQ#t=1 ",
    ],
)
def test_every_spelling_of_a_youtube_video_is_one(address):
    """Players, short links, phones, places in time."""
    assert canonical(address) == WATCH


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/@name/videos",
        "https://www.youtube.com/watch?v=short",
        "https://example.org/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.example.org/watch?v=dQw4w9WgXcQ",
        "https://youtu.be/",
        "not an address",
        "http://[",
    ],
)
def test_what_is_no_youtube_video_has_no_id(address):
    """A channel, a wrong id, a host that only looks like it."""
    assert youtube_id(address) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.org/talk/", "https://EXAMPLE.org/talk"),
        ("https://example.org/v?b=2&a=1&utm_source=feed", "https://example.org/v?a=1&b=2"),
        ("https://example.org:443/v#top", "https://example.org/v"),
        ("https://example.org/a%20b", "https://example.org/a b"),
        ("https://example.org/v.mp4?fbclid=xyz", "https://example.org/v.mp4"),
    ],
)
def test_spellings_that_differ_in_nothing_are_one(one, other):
    """Letters of the host, order of parameters, who sent the visitor."""
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/Talk", "https://example.org/talk"),
        ("https://example.org/v?id=1", "https://example.org/v?id=2"),
        ("https://example.org:8443/v", "https://example.org/v"),
        ("https://example.org/a%2Fb", "https://example.org/c/b"),
        ("https://a.example.org/v", "https://b.example.org/v"),
    ],
)
def test_different_videos_stay_different(one, other):
    """Paths have capitals, parameters and ports have meaning."""
    assert canonical(one) != canonical(other)


def test_one_spelling_is_its_own():
    """Spelled once more it stays as it is."""
    for address in (WATCH, "http://www.example.org/a%20b/?z=1&a=%C3%A4", "http://[", "x"):
        assert canonical(canonical(address)) == canonical(address)


def test_a_job_is_the_owners_and_the_videos():
    """The same order twice has one id; another owner's or another video's has another."""
    one = job_id("ann", WATCH)

    assert one == job_id("ann", WATCH)
    assert len({one, job_id("bob", WATCH), job_id("ann", WATCH + "x")}) == 3
    assert (len(one), len(key(WATCH))) == (32, 64)


def test_half_a_character_has_a_key_too():
    """What a hostile page writes into an address stops nothing."""
    assert len(key("https://example.org/\ud800")) == 64
    assert len(job_id("ann", "https://example.org/\udcff")) == 32
