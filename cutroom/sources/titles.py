"""Names of videos, as hosts and pages give them, made fit to show."""

import re
import unicodedata
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

LONGEST_TITLE = 255
"""Characters; more than any page's own limit, and what file systems take as a name."""
MEDIA_ENDINGS = frozenset(
    (
        *("mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "flv"),
        *("wmv", "asf", "ogv", "3gp", "3g2", "gif"),
    )
)
"""Endings of file names that say "this is a video", for the formats we open."""

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Control, direction, surrogate and private characters, and line ends: nothing to read."""
_JOINERS = "\u200c\u200d"
"""They hold emoji together, and keep letters of some scripts apart or together."""


def tidy_title(text: str, fallback: str = "video") -> str:
    """Return one readable line: NFC, single spaces, at most `LONGEST_TITLE` characters."""
    kept = "".join(
        letter
        for letter in re.sub(r"\s+", " ", text)
        if letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN
    )
    return unicodedata.normalize("NFC", kept).strip()[:LONGEST_TITLE].strip() or fallback


def title_of_download(url: str, disposition: str | None) -> str:
    """Return a title from the file name a host gives, else from the last part of the path."""
    name = _named_in(disposition) or unquote(PurePosixPath(urlsplit(url).path).name)
    return title_of_file(name)


def title_of_file(name: str) -> str:
    """Return a title from a file's name, its folders and a video's ending left out."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, ending = last.rpartition(".")
    return tidy_title(stem if dot and ending.lower() in MEDIA_ENDINGS else last)


def _named_in(disposition: str | None) -> str | None:
    """Read `filename` or `filename*` of a Content-Disposition header (RFC 6266)."""
    if not disposition:
        return None
    header = Message()
    header["Content-Disposition"] = re.sub(r"[\r\n]+", " ", disposition)
    return header.get_filename()
