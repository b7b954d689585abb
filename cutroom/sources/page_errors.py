"""The one gate for yt-dlp's errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from yt_dlp.networking.exceptions import HTTPError, NoSupportingHandlers, TransportError
from yt_dlp.utils import (
    ContentTooShortError,
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    UserNotLive,
    YoutubeDLError,
)

from cutroom.records.errors import (
    CutroomError,
    SourceEmpty,
    SourceForbidden,
    SourceGone,
    SourceLive,
    SourceNotVideo,
    SourcePrivate,
    SourceUnreachable,
)
from cutroom.records.secrets import text_without_secrets, without_secrets
from cutroom.sources.answers import disk_error, refusal

_HINTS: dict[type[CutroomError], str] = {
    SourceForbidden: "Download it yourself where it may be seen, and name the file.",
    SourceGone: "Look for a newer address.",
    SourceLive: "Order it again when it has ended.",
    SourceNotVideo: "Give the address of one video's own page, or of the file itself.",
    SourcePrivate: "Name a cookies file of an account that may see it in the settings.",
    SourceUnreachable: "Try again in a few minutes.",
}
_SAYINGS: tuple[tuple[type[CutroomError], str], ...] = (
    (SourceForbidden, r"confirm you.{1,8}re not a bot|captcha|cloudflare|\bDRM\b"),
    (SourceForbidden, r"(countr|region|location|geo).{0,40}(restrict|block)"),
    (SourceForbidden, r"(in|from) your (country|region|location)|made (this video )?available in"),
    (SourceLive, r"live event (will|has)|premieres? (in|will)|will begin in|is upcoming"),
    (SourceLive, r"not currently live|hasn.t started|live stream.{0,20}(not|offline)"),
    (SourceGone, r"removed|deleted|terminated|taken down|closed their|does(n.t| not) exist"),
    (SourcePrivate, r"private|password|registered users|authenticat|credentials|cookies|account"),
    (SourcePrivate, r"log ?in\b|logged.in|sign ?in|join this channel|members?.only|subscri"),
    (SourcePrivate, r"age.(restrict|gate|verif|confirm)|confirm your age"),
    (SourcePrivate, r"purchase|premium|\bpaid\b|\brent"),
    (SourceNotVideo, r"unsupported url|not a video|requested format|no suitable"),
    (SourceNotVideo, r"\bno (video|media|formats?|playable)"),
    (SourceGone, r"expired|unavailable|not available|not found|no longer (available|exists?)"),
    (SourceUnreachable, r"timed? ?out|temporar|try again|rate.?limit|too many requests"),
)
"""What extractors say, in the order it is to be believed: a video that is unavailable because it
is private counts as private."""
_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError),
    *(RecursionError, TypeError, ValueError),
)
"""What an extractor raises when a page is built otherwise than it thinks."""


@contextmanager
def translated(url: str) -> Iterator[list[str]]:
    """Turn whatever yt-dlp raises into one of ours; yields a list for its warnings."""
    place = without_secrets(url)
    warnings: list[str] = []
    try:
        yield warnings
    except YoutubeDLError as error:
        raise meaning(error, place, warnings) from error
    except OSError as error:
        failed = SourceUnreachable(f"{place} failed: {error}", _HINTS[SourceUnreachable])
        raise disk_error(error) or failed from error
    except _FAULTS as error:
        raise SourceNotVideo(
            f"{place} is built in a way that yt-dlp cannot read.", "Update yt-dlp, then try again."
        ) from error


def meaning(error: YoutubeDLError, place: str, warnings: list[str]) -> CutroomError:
    """Return the error of ours that one of yt-dlp's stands for.

    Args:
        error: With everything it was caused by.
        place: The address, already without secrets.
        warnings: What yt-dlp said before.
    """
    chain = list(_causes(error))
    ours = next((cause for cause in chain if isinstance(cause, CutroomError)), None)
    if ours is not None:
        return ours
    for cause in chain:
        found = _of_one(cause, place)
        if found is not None:
            return found
    status = re.search(r"Got error: HTTP Error (\d{3})", str(error))
    if status:
        return refusal(int(status[1]), place)
    if "Got error:" in str(error):
        return SourceUnreachable(_told(error, place), _HINTS[SourceUnreachable])
    if "Did not get any data" in str(error):
        return SourceEmpty(f"{place} holds no bytes.", "Look whether it was uploaded.")
    hint = "Update yt-dlp, then try again."
    if any("JavaScript" in warning for warning in warnings):
        hint = "Install the JavaScript runtime deno, which yt-dlp needs for this site."
    return SourceNotVideo(_told(error, place), hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all it came from, nearest first."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        exc_info = getattr(cause, "exc_info", None) or (None, None, None)
        waiting += [getattr(cause, "cause", None), exc_info[1], cause.__cause__, cause.__context__]


def _of_one(cause: BaseException, place: str) -> CutroomError | None:
    if isinstance(cause, HTTPError):
        return refusal(cause.status, place)
    if isinstance(cause, OSError):
        return disk_error(cause)
    kind = _by_type(cause)
    if kind is None and isinstance(cause, ExtractorError):
        kind = _by_saying(cause.orig_msg)
    return None if kind is None else kind(_told(cause, place), _HINTS[kind])


def _by_type(cause: BaseException) -> type[CutroomError] | None:
    kinds: tuple[tuple[type[BaseException], type[CutroomError]], ...] = (
        (UnsupportedError, SourceNotVideo),
        (GeoRestrictedError, SourceForbidden),
        (UserNotLive, SourceLive),
        (NoSupportingHandlers, SourceNotVideo),
        (ContentTooShortError, SourceUnreachable),
        (TransportError, SourceUnreachable),
    )
    return next((kind for theirs, kind in kinds if isinstance(cause, theirs)), None)


def _by_saying(message: str) -> type[CutroomError] | None:
    if message.startswith("Unable to download"):
        return None  # the network error that it came from says more
    said = (kind for kind, saying in _SAYINGS if re.search(saying, message, re.IGNORECASE))
    return next(said, None)


def _told(error: BaseException, place: str) -> str:
    """Repeat the first sentences of what yt-dlp says, without colours, advice and secrets."""
    said = getattr(error, "orig_msg", None) or str(error)
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    said = re.sub(r"^ERROR:\s*|\(caused by .*|;? ?please report this.*", "", said)
    said = re.sub(r"\s+", " ", text_without_secrets(said)).strip(" .")
    return f"{place}: {said[:300] or type(error).__name__}."
