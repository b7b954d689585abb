"""What may be told, and what may not.

Two ways of knowing a secret: by its shape (a signature in an address, a password before an @, a
cloud's access key) and by its value, for those that the settings hold. `redact` knows both.
"""

import re
import threading
from collections.abc import Iterable
from urllib.parse import SplitResult, quote, unquote, urlsplit

HIDDEN = "..."
"""Stands in the place of a secret."""
SHORTEST_KNOWN = 6
"""Characters; a shorter value would be found inside harmless words."""

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
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,30}://[^\s'\"<>\\]+", re.IGNORECASE)
_SHAPES = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),  # AWS
    re.compile(r"\bAIza[\w-]{35}"),  # Google
    re.compile(r"\b(?:ghp|gho|ghs|pnu|pnb)_\w{20,}"),  # GitHub, Prefect Cloud
    re.compile(r"\bsk-[\w-]{20,}"),  # language models
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # JSON web tokens
)
"""Keys that give themselves away."""
_HEADER = re.compile(
    r"(\b(?:proxy-)?authorization|\b(?:set-)?cookie)(['\"]?\s*[:=]\s*)([^\n]+)", re.IGNORECASE
)
"""A header in a log: nothing after its colon is worth telling."""
_PAIR = re.compile(
    r"(\b[\w-]*(?:password|passwd|secret|token|signature|credential|api[_-]?key|access[_-]?key"
    r"|x-amz-[\w-]+)[\w-]*['\"]?\s*[=:]\s*['\"]?)([^\s'\"&;,)}\]]{4,})",
    re.IGNORECASE,
)
"""A name that says what its value is, as in a query, a JSON text or a Python one."""

_known: set[str] = set()
_pattern: re.Pattern[str] | None = None
_lock = threading.Lock()


def keep_secret(values: Iterable[str | None]) -> None:
    """Learn values that are secret whatever they look like, such as passwords in settings."""
    global _pattern  # noqa: PLW0603  one per process, as are the settings
    with _lock:
        for value in values:
            if value and len(value) >= SHORTEST_KNOWN:
                _known.update({value, quote(value, safe=""), quote(value)})
        longest_first = sorted(_known, key=len, reverse=True)
        _pattern = re.compile("|".join(map(re.escape, longest_first))) if _known else None


def redact(text: str) -> str:
    """Return a text without the secrets in it; what holds none comes back as it is."""
    if _pattern is not None:
        text = _pattern.sub(HIDDEN, text)
    if "://" in text:
        text = text_without_secrets(text)
    text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    text = _PAIR.sub(rf"\1{HIDDEN}", text)
    for shape in _SHAPES:
        text = shape.sub(HIDDEN, text)
    return text


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
        return f"{location.strip().partition('://')[0]}://{HIDDEN}"
    return SplitResult(
        parts.scheme,
        parts.netloc.rpartition("@")[2],
        parts.path,
        _veil(parts.query),
        _veil(parts.fragment),
    ).geturl()


def text_without_secrets(text: str) -> str:
    """Return a sentence with every address in it made fit to show."""
    return _ADDRESS.sub(lambda found: without_secrets(found[0]), text)


def _veil(query: str) -> str:
    return "".join(_veil_one(part) for part in re.split(r"([&;])", query))


def _veil_one(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if not equals:
        return HIDDEN if _LONG_VALUE.fullmatch(unquote(parameter)) else parameter
    is_secret = _names_secret(unquote(name)) or _LONG_VALUE.fullmatch(unquote(value))
    return f"{name}={HIDDEN}" if value and is_secret else parameter


def _names_secret(name: str) -> bool:
    lowered = name.lower()
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    return (
        lowered.startswith(_SECRET_PREFIXES)
        or any(part in lowered.replace("_", "").replace("-", "") for part in _SECRET_PARTS)
        or any(word.lower() in _SECRET_WORDS for word in words)
    )
