"""The films in which changes of shot are sought, each with its truth; made once, outside git."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.footage import VERSION, Recipe, make_film
from benchmarks.process import ffmpeg
from benchmarks.scoring import Truth
from benchmarks.videos import CORPUS, one_round
from cutroom.media.probe import probe
from cutroom.records.media import Media

RARE_KEYFRAMES = "keyint=250:min-keyint=250:scenecut=0"
"""For x264: keyframes every 250 frames and none at cuts, as broadcasters and recorders do it."""
PHOTOGRAPHS = Recipe("photographs", 7, "photographs", (1280, 720), 25, 36, 0.35)
SHAPES = Recipe("shapes", 11, "shapes", (640, 360), 30, 40, 0.0)


@dataclass(frozen=True, slots=True)
class Film:
    """A film to search."""

    path: Path
    media: Media
    truth: Truth | None
    """None where nobody has noted it, and only time is measured."""
    made_of: str
    """In words, for the one who reads the table."""

    @property
    def rate(self) -> float:
        """Frames a second."""
        return float(self.media.video.frame_rate)


def films(*, is_quick: bool) -> dict[str, Callable[[Path], Film]]:
    """Return what makes or finds each film in a folder; the corpus's where that is there."""
    quick: dict[str, Callable[[Path], Film]] = {"shapes": lambda folder: _made(SHAPES, folder)}
    if is_quick:
        return quick
    made = {**quick, "photographs": lambda folder: _made(PHOTOGRAPHS, folder)}
    if not (CORPUS / "truth").is_dir():
        rare = {"photographs, rare keyframes": lambda f: _rare(_made(PHOTOGRAPHS, f), f)}
        return {**made, **rare, "1080p": _timed}
    return {
        "comp1_hard": lambda _: _known("comp1_hard"),
        "comp3_mixed": lambda _: _known("comp3_mixed"),
        "comp1_hard, rare keyframes": lambda folder: _rare(_known("comp1_hard"), folder),
        **made,
        "1080p": _timed,
    }


def _made(recipe: Recipe, folder: Path) -> Film:
    path = folder / f"film-{recipe.name}-{VERSION}.mp4"
    facts = path.with_suffix(".json")
    if not (path.exists() and facts.exists()):
        part = path.with_name(f".{path.name}.part")
        boundaries = make_film(recipe, part)
        spans = [(one.start / recipe.rate, one.end / recipe.rate) for one in boundaries]
        facts.write_text(json.dumps(spans))
        part.replace(path)
    spans = [tuple(span) for span in json.loads(facts.read_text())]
    return Film(
        path,
        probe(path),
        Truth(
            tuple(start for start, end in spans if start == end),
            tuple((start, end) for start, end in spans if start < end),
        ),
        f"made of {recipe.of} under a moving camera, with grain and flashes (`footage.py`)",
    )


def _known(name: str) -> Film:
    path = CORPUS / "truth" / f"{name}.mp4"
    boundaries = json.loads(path.with_suffix(".json").read_text())["boundaries"]
    cuts = [one["time"] for one in boundaries if one["type"] == "cut"]
    gradual = [one for one in boundaries if one["type"] != "cut"]
    is_edge = [one["type"].startswith("fade_") for one in gradual]
    spans = [(one["start"], one["end"]) for one in gradual]
    return Film(
        path,
        probe(path),
        Truth(
            tuple(cuts),
            tuple(span for span, edge in zip(spans, is_edge, strict=True) if not edge),
            tuple(span for span, edge in zip(spans, is_edge, strict=True) if edge),
        ),
        "real clips of the corpus, edited with known changes",
    )


def _timed(folder: Path) -> Film:
    video = one_round(folder)
    return Film(video.path, video.media, None, f"{video.made_of}; its changes are not all noted")


def _rare(film: Film, folder: Path) -> Film:
    """Encode a film again with keyframes every 250 frames and none at cuts."""
    path = folder / f"{film.path.stem}-rare-{VERSION}.mp4"
    if not path.exists():
        part = path.with_name(f".{path.name}.part")
        x264 = ("-c:v", "libx264", "-x264-params", RARE_KEYFRAMES)
        ffmpeg("-i", film.path, "-map", "0:v", *x264, "-f", "mp4", part)
        part.replace(path)
    again = f"{film.made_of}; encoded again with keyframes every 250 frames and none at cuts"
    return Film(path, probe(path), film.truth, again)
