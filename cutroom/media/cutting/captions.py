"""Captions: the words of a clip as SubRip, WebVTT and Advanced SubStation files.

What people say is text and nothing else: whatever would be markup in one of the formats is
taken out or escaped, so that no spoken word moves, colours or hides another.
"""

import html
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cutroom.media.cutting.cues import Cue, CueWord, make_cues
from cutroom.media.listening.wording import SPACELESS
from cutroom.records.findings import Transcript
from cutroom.records.span import Span

LONGEST_LINE = 37
"""Columns of a line, the width broadcasters use for Latin script."""
SHORTEST_LINE = 12
FONT = "DejaVu Sans"
"""Free, plain, and with most of the world's alphabets; comes with matplotlib, see `font_folder`."""
_FONT_SHARE = 0.055
"""Height of a line over the picture's shorter side."""
_TALL_SHARE = 0.065
"""The same for an upright picture, which is watched on a phone."""
_LETTER_SHARE = 0.56
"""Width of an average bold letter over the height of its line."""
_SAFE_WIDTH = 0.9
_WHITE, _GOLD = "&H00FFFFFF", "&H0000D7FF"
_BOTTOM_SHARE = 0.07
_TALL_BOTTOM_SHARE = 0.16
"""Share of the height kept free below; players of upright video put their buttons there."""

_MARKUP = str.maketrans({"{": None, "}": None, "\\": None})
"""Override blocks and escapes of SubStation, which many players obey in SubRip too."""
_ANGLES = str.maketrans({"<": "‹", ">": "›"})  # noqa: RUF001  look-alikes are the point
"""SubRip knows tags but no way to write their brackets."""


@dataclass(frozen=True, slots=True)
class CaptionPaths:
    """The caption files of one clip."""

    srt: Path
    vtt: Path
    ass: Path


@dataclass(frozen=True, slots=True)
class _Look:
    """Sizes in pixels of the picture, and how much fits on a line."""

    width: int
    height: int
    size: int
    bottom: int
    line_length: int


def write_captions(
    transcript: Transcript,
    span: Span,
    folder: Path,
    *,
    width: int,
    height: int,
    highlight: bool = False,
) -> CaptionPaths | None:
    """Write what is said in a clip.

    Args:
        transcript: Of the whole source.
        span: The clip, in seconds of the source; its start is time zero of the captions.
        folder: Where `clip.srt`, `clip.vtt` and `clip.ass` go.
        width: Of the clip's picture, in pixels.
        height: The same.
        highlight: Whether the burned words light up as they are said.

    Returns:
        The files; None when nothing is said.
    """
    look = _look_for(width, height)
    language = transcript.language
    cues = make_cues(transcript.words, span, line_length=look.line_length, language=language)
    cues = [kept for cue in cues if (kept := _inert(cue)) is not None]
    if not cues:
        return None
    blank = "" if language in SPACELESS else " "
    paths = CaptionPaths(*(folder / f"clip.{kind}" for kind in ("srt", "vtt", "ass")))
    paths.srt.write_text(_as_srt(cues, blank), encoding="utf-8", newline="\n")
    paths.vtt.write_text(_as_vtt(cues, blank), encoding="utf-8", newline="\n")
    ass = _as_ass(cues, blank, look, is_lit=highlight)
    paths.ass.write_text(ass, encoding="utf-8", newline="\n")
    return paths


def font_folder() -> Path | None:
    """Return a folder that holds `FONT`, for ffmpeg's `fontsdir` on machines without fonts."""
    found = importlib.util.find_spec("matplotlib")
    for package in (found.submodule_search_locations if found else None) or []:
        folder = Path(package, "mpl-data", "fonts", "ttf")
        if (folder / "DejaVuSans-Bold.ttf").is_file():
            return folder
    return None


def _look_for(width: int, height: int) -> _Look:
    is_tall = height > width
    size = max(8, round((_TALL_SHARE if is_tall else _FONT_SHARE) * min(width, height)))
    bottom = round((_TALL_BOTTOM_SHARE if is_tall else _BOTTOM_SHARE) * height)
    fitting = int(_SAFE_WIDTH * width / (_LETTER_SHARE * size))
    return _Look(width, height, size, bottom, min(LONGEST_LINE, max(SHORTEST_LINE, fitting)))


def _inert(cue: Cue) -> Cue | None:
    """Take out of a cue what any of the formats would take for markup; None if nothing stays."""
    lines = tuple(
        tuple(
            CueWord(text, word.start_ms, word.end_ms)
            for word in line
            if (text := word.text.translate(_MARKUP).strip())
        )
        for line in cue.lines
    )
    lines = tuple(line for line in lines if line)
    return Cue(cue.start_ms, cue.end_ms, lines) if lines else None


def _lines(cue: Cue, blank: str, write: Callable[[str], str]) -> str:
    return "\n".join(write(blank.join(word.text for word in line)) for line in cue.lines)


def _as_srt(cues: Sequence[Cue], blank: str) -> str:
    blocks = (
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n"
        f"{_lines(cue, blank, lambda text: text.translate(_ANGLES))}\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def _as_vtt(cues: Sequence[Cue], blank: str) -> str:
    blocks = (
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n"
        f"{_lines(cue, blank, lambda text: html.escape(text, quote=False))}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _as_ass(cues: Sequence[Cue], blank: str, look: _Look, *, is_lit: bool) -> str:
    side = round((1 - _SAFE_WIDTH) / 2 * look.width)
    outline = max(1, round(look.size / 16))
    # A word is shown in the second colour until its time has come, then in the first.
    colours = f"{_GOLD if is_lit else _WHITE},{_WHITE}"
    style = (
        f"Default,{FONT},{look.size},{colours},&H00101010,&H80000000,-1,0,0,0,"
        f"100,100,0,0,1,{outline},{outline // 2},2,{side},{side},{look.bottom},1"
    )
    head = (
        "[Script Info]\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes\n"
        f"PlayResX: {look.width}\nPlayResY: {look.height}\n\n"
        "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, "
        "OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, "
        "Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
        f"Style: {style}\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
    )
    events = (
        f"Dialogue: 0,{_ass_clock(cue.start_ms)},{_ass_clock(cue.end_ms)},Default,,0,0,0,,"
        f"{_ass_text(cue, blank, is_lit=is_lit)}"
        for cue in cues
    )
    return "\n".join([head, *events, ""])


def _ass_text(cue: Cue, blank: str, *, is_lit: bool) -> str:
    if not is_lit:
        return r"\N".join(blank.join(word.text for word in line) for line in cue.lines)
    words = [word for line in cue.lines for word in line]
    # `\k` counts hundredths from the cue's start; a word is lit from its start to the next one's.
    borders = [cue.start_ms, *(word.start_ms for word in words[1:]), cue.end_ms]
    steps = (max(0, end // 10 - start // 10) for start, end in pairwise(borders))
    marked = iter([rf"{{\k{step}}}{word.text}" for step, word in zip(steps, words, strict=True)])
    return r"\N".join(blank.join(next(marked) for _ in line) for line in cue.lines)


def _clock(time_ms: int, point: str) -> str:
    minutes, rest = divmod(time_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _ass_clock(time_ms: int) -> str:
    """Hundredths, rounded down at both ends, so that cues keep apart."""
    minutes, rest = divmod(time_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000 // 10:02d}"
