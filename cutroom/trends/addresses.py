"""One spelling for each video's address, so that the same video is known wherever it is named."""

import hashlib
import re
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_YOUTUBE_HOSTS = frozenset(
    (
        *("youtube.com", "m.youtube.com", "music.youtube.com", "gaming.youtube.com"),
        *("youtube-nocookie.com", "youtu.be"),
    )
)
_YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live|v|e)/([\w-]{11})(?:/|$)")
_YOUTUBE_ID = re.compile(r"[\w-]{11}")
_FOLLOWERS = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|si|feature|ref_src")
"""Parameters that say who sent the visitor, never which video is meant."""
_USUAL_PORTS = {"http": 80, "https": 443}


def canonical(address: str) -> str:
    """Return the one spelling of a video's address.

    Every spelling of a YouTube video becomes its watch page. Of other addresses the host is in
    lower case and without `www.`, http counts as https, parameters are in order, and what only
    tells who sent the visitor is gone, as is the fragment.
    """
    text = address.strip()
    video = youtube_id(text)
    if video is not None:
        return f"https://www.youtube.com/watch?v={video}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return text
    if parts.scheme.lower() not in _USUAL_PORTS or not parts.hostname:
        return text
    # A host with a port of its own may well speak plain http only.
    own_port = "" if port in (None, _USUAL_PORTS[parts.scheme.lower()]) else f":{port}"
    scheme = parts.scheme.lower() if own_port else "https"
    host = parts.hostname.rstrip(".").removeprefix("www.")
    host = f"[{host}]" if ":" in host else host
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not _FOLLOWERS.fullmatch(pair[0])))
    # Bytes that are no UTF-8 travel through as they are.
    path = unquote(parts.path, errors="surrogateescape")
    path = quote(path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    return urlunsplit((scheme, host + own_port, path.rstrip("/") or "/", query, ""))


def youtube_id(address: str) -> str | None:
    """Return the id of the YouTube video that an address leads to, None for any other address."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme.lower() not in _USUAL_PORTS or host not in _YOUTUBE_HOSTS:
        return None
    found = _YOUTUBE_PATH.match(parts.path)
    named = parse_qs(parts.query).get("v", [""])[0]
    if host == "youtu.be":
        named = parts.path.strip("/").partition("/")[0]
    elif found:
        named = found[1]
    return named if _YOUTUBE_ID.fullmatch(named) else None


def key(address: str) -> str:
    """Return the digest that the catalog knows a canonical address by, 64 digits."""
    return hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()


def job_id(owner: str, address: str) -> str:
    """Return the id of the job that an owner's order of a video has, whoever opens it and when.

    Args:
        owner: Whose job it is.
        address: Canonical.
    """
    text = f"trending\0{owner}\0{address}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
