"""Tell what kind of source a text names."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cutroom.records.errors import OrderInvalid
from cutroom.records.order import Source
from cutroom.records.secrets import without_secrets
from cutroom.sources.titles import MEDIA_ENDINGS


def source_from(text: str) -> Source:
    """Return the source that a word on the command line names.

    An address is a `link` when its path ends like a video file and a `page` otherwise; anything
    that is no address is a `file`, whatever characters its name has.

    Raises:
        OrderInvalid: It is empty, an address of another scheme, or not text at all.
    """
    if not text.strip():
        raise OrderInvalid("No source was given.", "Name a video file or an address.")
    if re.match(r"\s*https?://", text, re.IGNORECASE):
        return _from_address(text.strip())
    if re.match(r"file:/", text, re.IGNORECASE):
        return _from_file(_path_in(text))
    scheme = re.match(r"\s*([a-z][a-z0-9+.-]*)://", text, re.IGNORECASE)
    if scheme:
        raise OrderInvalid(
            f"Sources that begin with {scheme[1]}:// are not known.",
            "Give an https address, or fetch the file yourself and name it.",
        )
    return _from_file(text)


def _from_address(url: str) -> Source:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or re.search(r"[\x00-\x20\x7f]", url):
        raise OrderInvalid(
            f"{without_secrets(url)[:200]!r} is not a whole address.",
            "Copy it again from the browser, and put it in quotes.",
        )
    name = unquote(parts.path).rsplit("/", 1)[-1]
    # `File:Talk.webm` is a wiki's page about a file, not the file.
    is_link = ":" not in name and name.rpartition(".")[2].lower() in MEDIA_ENDINGS and "." in name
    return Source(kind="link" if is_link else "page", location=url)


def _path_in(url: str) -> str:
    """Return the path of a `file:` address (RFC 8089)."""
    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise OrderInvalid(
                f"The file lies on another machine, {host[:100]}.",
                "Fetch it yourself and name the copy.",
            )
        rest = slash + path
    return unquote(rest, errors="surrogateescape")


def _from_file(text: str) -> Source:
    path = str(Path(text).absolute())
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        raise OrderInvalid(
            "The file's name is not valid UTF-8, so no report could spell it.", "Rename the file."
        )
    return Source(kind="file", location=path)
