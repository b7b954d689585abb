"""Telling sources apart by their look, and showing them without secrets."""

import pytest

from cutroom.records.errors import OrderInvalid
from cutroom.records.secrets import text_without_secrets, without_secrets
from cutroom.sources.kinds import source_from


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://example.com/talk.mp4", "link"),
        ("HTTP://EXAMPLE.COM/TALK.MOV", "link"),
        ("https://example.com/a%20b.webm?token=1#t=3", "link"),
        ("https://example.com/talk%2Emkv", "link"),
        ("  https://example.com/talk.mp4\n", "link"),
        ("https://example.com/watch?v=abc", "page"),
        ("https://example.com/watch?file=talk.mp4", "page"),
        ("https://example.com/live/index.m3u8", "page"),
        ("https://example.com/mp4", "page"),
        ("https://example.com", "page"),
        ("https://wiki.example.org/wiki/File:Talk.webm", "page"),
    ],
)
def test_an_address_is_a_link_when_it_ends_like_a_video(text, kind):
    """Only the path's own ending counts."""
    source = source_from(text)

    assert (source.kind, source.location) == (kind, text.strip())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        *(("talk.mp4", "/here/talk.mp4"), ("./-x.mp4", "/here/-x.mp4"), ("-x", "/here/-x")),
        *(("/a/b c.mp4", "/a/b c.mp4"), ("100%25.mp4", "/here/100%25.mp4")),
        *(("Talk: part 1.mp4", "/here/Talk: part 1.mp4"), ("two\nlines", "/here/two\nlines")),
        *(("www.example.com/v", "/here/www.example.com/v"), ("C:\\v.mp4", "/here/C:\\v.mp4")),
        *(("file:///a/b%20c.mp4", "/a/b c.mp4"), ("FILE:/a/b.mp4", "/a/b.mp4")),
        *(("file://localhost/a%25.mp4", "/a%.mp4"), ("file:notes.mp4", "/here/file:notes.mp4")),
    ],
)
def test_anything_else_is_a_file_with_its_absolute_path(text, path, monkeypatch, tmp_path):
    """A worker elsewhere on the machine finds it whatever folder it stands in."""
    monkeypatch.chdir(tmp_path)

    source = source_from(text)

    assert source.kind == "file"
    assert source.location == path.replace("/here", str(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " \n",
            "ftp://example.com/v.mp4",
            "s3://bucket/key",
            "rtmp://a/b",
            "file://nas/v.mp4",
        ),
        *("http://", "https:///v.mp4", "http://[::1", "http://exa mple.com/", "http://a/\x00b"),
        "caf\udce9.mp4",
    ],
)
def test_what_cannot_be_fetched_is_refused_with_advice(text):
    """Before any job is accepted."""
    with pytest.raises(OrderInvalid) as caught:
        source_from(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://bob:canary@example.com:8443/v.mp4", "https://example.com:8443/v.mp4"),
        ("https://canary@example.com/", "https://example.com/"),
        ("https://a.b/v?v=dQw4w9WgXcQ&t=30", "https://a.b/v?v=dQw4w9WgXcQ&t=30"),
        ("https://a.b/v?X-Amz-Signature=canary&X-Amz-Date=canary", None),
        ("https://a.b/v?Signature=canary&Expires=canary&Key-Pair-Id=canary", None),
        ("https://a.b/v?Policy=canary&AWSAccessKeyId=canary&sig=canary", None),
        ("https://a.b/v?access_token=canary&api_key=canary&authKey=canary", None),
        ("https://a.b/v?%74oken=canary;auth=canary&lsig=canary", None),
        ("https://a.b/v?sv=2024-01-01&se=1&sig=canary%2B%3D", None),
        ("https://a.b/v#access_token=canary", None),
        ("https://a.b/v?q=canary0123456789abcdef0123456789abcdef", None),
        ("https://a.b/v?canary0123456789abcdef0123456789abcdef", None),
        ("HTTPS://u:canary@a.b/", None),
        ("https://u:canary@[::1/", None),
        ("ftp://u:canary@a.b/v", None),
        ("/home/me/100% key=value?token=x.mp4", "/home/me/100% key=value?token=x.mp4"),
    ],
)
def test_secrets_are_not_shown(location, shown):
    """Names of parameters stay, so that one still sees what it was; their values go."""
    found = without_secrets(location)

    assert "canary" not in found
    assert shown is None or found == shown


def test_what_is_hidden_leaves_its_name():
    """A report still tells that the address was signed."""
    assert (
        without_secrets("https://a.b/v.mp4?part=2&X-Amz-Expires=60&sig=abc")
        == "https://a.b/v.mp4?part=2&X-Amz-Expires=...&sig=..."
    )


def test_addresses_inside_a_sentence_are_cleaned_too():
    """Errors of other libraries repeat addresses."""
    said = "cannot open 'https://u:canary@a.b/v?sig=canary' or http://c.d/?token=canary"

    assert (
        text_without_secrets(said) == "cannot open 'https://a.b/v?sig=...' or http://c.d/?token=..."
    )
