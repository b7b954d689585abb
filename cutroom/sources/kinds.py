"""Tell what kind of source a text names, and show it without its secrets."""

import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from cutroom.records.errors import OrderInvalid
from cutroom.records.order import Source
from cutroom.sources.titles import MEDIA_ENDINGS

_SECRET_WORDS = frozenset(
    (
        *("sig", "sign", "signature", "lsig", "token", "key", "apikey", "auth", "authorization"),
        *("policy", "expires", "expire", "expiry", "exp", "secret", "password", "passwd", "pass"),
        *("pwd", "credential", "credentials", "session", "sessionid", "sid", "jwt", "hmac", "hash"),
        *("code", "hdnea", "hdnts", "hdntl", "md5", "cookie", "ticket", "nonce", "otp"),
    )
)
"""Words that, anywhere in a parameter's name, make its value one to keep to ourselves."""
_SECRET_PARTS = ("token", "secret", "passw", "signature", "credential", "apikey", "accesskey")
_SECRET_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-ms-")
_LONG_VALUE = re.compile(r"[A-Za-z0-9+/_=.~-]{32,}")
"""Longer than the identifiers pages give to videos, and as long as keys and digests are."""
_HIDDEN = "..."


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


def without_secrets(location: str) -> str:
    """Return a location fit for reports and logs.

    User names and passwords go, and so do the values of parameters that look like keys, tokens or
    signatures, in the query and in the fragment. What is no address comes back as it is.
    """
    if not re.match(r"\s*[a-z][a-z0-9+.-]*://", location, re.IGNORECASE):
        return location
    try:
        parts = urlsplit(location.strip())
    except ValueError:
        return f"{location.strip().partition('://')[0]}://{_HIDDEN}"
    return SplitResult(
        parts.scheme,
        parts.netloc.rpartition("@")[2],
        parts.path,
        _veil(parts.query),
        _veil(parts.fragment),
    ).geturl()


def text_without_secrets(text: str) -> str:
    """Return a sentence with every address in it made fit to show."""
    return re.sub(r"https?://[^\s'\"<>]+", lambda found: without_secrets(found[0]), text)


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


def _veil(query: str) -> str:
    return "".join(_veil_one(part) for part in re.split(r"([&;])", query))


def _veil_one(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if not equals:
        return _HIDDEN if _LONG_VALUE.fullmatch(unquote(parameter)) else parameter
    is_secret = _names_secret(unquote(name)) or _LONG_VALUE.fullmatch(unquote(value))
    return f"{name}={_HIDDEN}" if value and is_secret else parameter


def _names_secret(name: str) -> bool:
    lowered = name.lower()
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    return (
        lowered.startswith(_SECRET_PREFIXES)
        or any(part in lowered.replace("_", "").replace("-", "") for part in _SECRET_PARTS)
        or any(word.lower() in _SECRET_WORDS for word in words)
    )
