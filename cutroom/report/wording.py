"""How numbers and foreign text read to a person."""

import re

KIBI = 1024
MINUTE = 60
HOUR = 3600

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing
    "\ufeff\ud800-\udfff]"  # byte order mark and halves of pairs
)


def plain(text: str) -> str:
    """Return foreign text without the characters nobody sees but that change how it reads.

    Control characters and marks that turn the direction of writing go; letters of every script
    stay; line breaks and runs of blanks become one blank.
    """
    return " ".join(_UNSEEN.sub("", text).split())


def timecode(seconds: float, *, digits: int = 0) -> str:
    """Write a time as `m:ss`, or `h:mm:ss` from an hour on.

    Args:
        seconds: The time.
        digits: Decimals of a second; the time is cut off there, not rounded, as clocks do.
    """
    # A hair more than nothing: 0.3 is stored as 0.29999..., and a clock shows 0.3.
    units = int(seconds * 10**digits + 1e-6)
    whole, part = divmod(units, 10**digits)
    hours, rest = divmod(whole, HOUR)
    minutes, left = divmod(rest, MINUTE)
    text = f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
    return f"{text}.{part:0{digits}}" if digits else text


def length(seconds: float) -> str:
    """Write how long something takes: `0.2 s`, `46.6 s`, `3 min 20 s`, `2 h 5 min`."""
    if round(seconds, 1) < MINUTE:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    if round(seconds) < HOUR:
        minutes, left = divmod(round(seconds), MINUTE)
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    hours, minutes = divmod(round(seconds / MINUTE), MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def between(start: float, end: float) -> str:
    """Write a span as `0:06.5 - 0:15.8`, with the dash that spans take."""
    return f"{timecode(start, digits=1)} \N{EN DASH} {timecode(end, digits=1)}"


def pixels(width: int, height: int) -> str:
    """Write a picture's size, with a proper multiplication sign."""
    return f"{width}\N{MULTIPLICATION SIGN}{height}"


def size(size_bytes: int) -> str:
    """Write a number of bytes with a unit a person knows, in steps of 1024."""
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < KIBI:
            return f"{amount:.0f} {unit}" if unit in ("B", "kB") else f"{amount:.1f} {unit}"
        amount /= KIBI
    return f"{amount:.1f} TB"


def percent(share: float) -> str:
    """Write a share from 0 to 1 as whole percent."""
    return f"{round(share * 100)} %"


def dollars(amount: float) -> str:
    """Write an amount of money; small ones keep the digits that tell them from nothing."""
    if amount == 0:
        return "$0"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def count(number: int, thing: str, things: str | None = None) -> str:
    """Write `1 clip` or `3 clips`; a plural that takes more than an s is given."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"
