"""Secrets are known by their shape or by their value; everything else stays as it is."""

import pytest

from cutroom.records import secrets
from cutroom.records.secrets import keep_secret, redact


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Let no test learn from another."""
    monkeypatch.setattr(secrets, "_known", set())
    monkeypatch.setattr(secrets, "_pattern", None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("GET https://a.b/v.mp4?X-Amz-Signature=0f0f&part=2", "X-Amz-Signature=...&part=2"),
        ("s3://me:pw@host/bucket", "s3://host/bucket"),
        ("postgresql://u:p%40ss@db/cutroom is away", "postgresql://db/cutroom is away"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': ..."),
        ("Set-Cookie: sid=1; path=/\nnext", "Set-Cookie: ...\nnext"),
        ('{"api_key": "0123456789", "clips": 3}', '{"api_key": "...", "clips": 3}'),
        ("client_secret=abcdef&x=1", "client_secret=...&x=1"),
        ("key AKIAIOSFODNN7EXAMPLE is old", "key ... is old"),
        ("AIza" + "x" * 35, "..."),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl", "..."),
        ("sk-" + "a" * 24, "..."),
    ],
)
def test_a_secret_is_known_by_its_shape(said, told):
    """In addresses, headers, pairs, and keys that give themselves away."""
    assert redact(said).endswith(told)


@pytest.mark.parametrize(
    "said",
    [
        "12 scenes in 40 s",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "Job ab" + "0" * 30 + " is running",
        "clip 3f2a: smart",
        "The secret of good cutting, a talk",
        "/home/ann/My talk.mp4",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(said):
    """A log that hides too much helps nobody."""
    assert redact(said) == said


def test_a_secret_is_known_by_its_value():
    """Whatever it looks like, and as it stands in an address."""
    keep_secret(["hunter/2 is mine", None, "", "abc"])

    assert redact("it is hunter/2 is mine!") == "it is ...!"
    assert redact("q=hunter%2F2%20is%20mine") == "q=..."
    assert redact("abc") == "abc", "too short to be told from words"
