"""Titles fit for one line of a report."""

import unicodedata

import pytest

from cutroom.sources.titles import LONGEST_TITLE, tidy_title, title_of_download


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("  A \t talk\nin two lines ", "A talk in two lines"),
        ("e\u0301tude", "\u00e9tude"),
        ("evil\u202egpj.4pm\u2066\u200f", "evilgpj.4pm"),
        ("a\x00b\x1b[31mc\x7f\ud800", "ab[31mc"),
        ("\ufeffzero\u200bwidth", "zerowidth"),
        ("👩\u200d👧 family", "👩\u200d👧 family"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("e\u200b\u0301tude", "\u00e9tude"),
        ("<img onerror=x>", "<img onerror=x>"),
        ("", "video"),
        ("\u202e", "video"),
    ],
)
def test_a_title_is_one_readable_line(given, tidy):
    """Letters stay as they are; what steers terminals and text direction goes."""
    assert tidy_title(given) == tidy


def test_a_title_has_an_end():
    """Cut to the longest allowed, without a blank at its end, and still NFC."""
    title = tidy_title("ab " * 200)

    assert len(title) <= LONGEST_TITLE
    assert title == title.strip()
    assert unicodedata.is_normalized("NFC", title)


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://a.b/c/My%20talk.mp4?x=y.z", "My talk"),
        ("https://a.b/c/Notes%20v1.2", "Notes v1.2"),
        ("https://a.b/..%2F..%2Fetc%2Fpasswd.mp4", "passwd"),
        ("https://a.b/", "video"),
        ("https://a.b/.mp4", "video"),
    ],
)
def test_an_address_names_its_file(url, title):
    """The last part of the path, without the ending that only says "video"."""
    assert title_of_download(url, None) == title
