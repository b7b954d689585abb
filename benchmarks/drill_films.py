"""What the jobs of the drill are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ffmpeg

from benchmarks.drill_cases import Film
from cutroom.media.ffmpeg import run
from cutroom.media.sample.making import make_sample

Films = dict[Film, Path]


def make_films(folder: Path) -> Films:
    """Make the films that the cases are about."""
    sample, old, brief = (folder / name for name in ("sample.mp4", "old.avi", "brief.mp4"))
    make_sample(sample)
    plain = {"c:v": "mpeg4", "q:v": 5, "c:a": "mp3", "t": 20}
    run(ffmpeg.output(ffmpeg.input(str(sample)), f"file:{old}", **plain))
    start = {"c": "copy", "t": 4}
    run(ffmpeg.output(ffmpeg.input(str(sample)), f"file:{brief}", **start))
    return {"sample": sample, "old": old, "brief": brief}


@contextmanager
def own_film(film: Path, name: str) -> Iterator[Path]:
    """Yield a film with bytes of its own, so that no job profits from another one's cache."""
    own = film.with_name(f"{name}{film.suffix}")
    told = {"c": "copy", "metadata": f"comment={name}", "movflags": "+faststart"}
    if film.suffix != ".mp4":
        told.pop("movflags")
    run(ffmpeg.output(ffmpeg.input(str(film)), f"file:{own}", **told))
    yield own
    own.unlink()
