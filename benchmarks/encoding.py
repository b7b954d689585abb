"""One decode for all outputs: Cutroom's encodes beside the same commands typed by hand."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.process import Usage, ffmpeg
from benchmarks.tables import Table, conditions, in_words, seconds
from benchmarks.videos import Video, one_minute, phone_minute, short_video
from cutroom.media.making.chunks import CORES_EACH, Chunking
from cutroom.media.making.proxy import PROXY_QUALITY, make_proxy
from cutroom.media.making.renditions import make_renditions
from tasks.ledger import cpu_seconds_so_far

RUNS = {"short": 3, "minute": 1, "phone": 1}
MAKERS = {"short": short_video, "minute": one_minute, "phone": phone_minute}
PROFILES = ("720p", "480p", "360p")
ONE_PROCESS, CHUNKS, BY_HAND, APART = "one process", "two chunks", "by hand", "one each"
LIMITS = {BY_HAND: 1.1, APART: 0.75}
"""What the wall time of one process is held to, as a share of the other's."""

_SETTINGS = {
    "720p": ("1280:720", "2500k", "3750k", "5000k", "128k"),
    "480p": ("854:480", "1500k", "2250k", "3000k", "128k"),
    "360p": ("640:360", "800k", "1200k", "1600k", "96k"),
}
"""Size, bit rate, its maximum, the buffer and the sound's rate, as in Cutroom's profiles."""
_KEPT = "128k"
"""The rate of the videos' own AAC: by hand, too, one would copy it where that is asked for."""
_TAGS = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709")
_PICTURE = ("-c:v", "libx264", "-preset", "veryfast", "-force_key_frames", "expr:gte(t,n_forced*4)")
_BOX = ("-fps_mode", "vfr", "-enc_time_base:v", "demux", "-movflags", "+faststart", *_TAGS)
_LISTENED = ("-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le")


@dataclass(frozen=True, slots=True)
class Effort:
    """What one way took, in seconds."""

    wall_seconds: float
    cpu_seconds: float


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Encode the short video and, unless it has to be quick, a minute of 1080p in two codecs.

    Args:
        home: The data folder; videos are kept in its `bench`.
        is_quick: Whether the short one is enough.
        runs: How often; None takes `RUNS`.

    Yields:
        Video and job as a name, and its results as plain data, as soon as it is done.
    """
    place = home / "bench"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("short",) if is_quick else tuple(MAKERS):
        print(f"{name}: making the video, or finding it made ...", flush=True)
        video = MAKERS[name](place)
        for job, ways in _jobs(video).items():
            yield f"{name}, {job}", _measure(video, job, ways, place, runs or RUNS[name])


def _measure(
    video: Video, job: str, ways: "Mapping[str, Way]", place: Path, runs: int
) -> dict[str, Any]:
    state = conditions()
    efforts: dict[str, list[Effort]] = {way: [] for way in ways}
    for number in range(1, runs + 1):
        print(f"{video.name}, {job}: run {number} of {runs} ...", flush=True)
        for way, work in ways.items():
            with tempfile.TemporaryDirectory(dir=place) as folder:
                efforts[way].append(work(Path(folder)))
    return {
        "measured": state,
        "runs": runs,
        "duration": round(video.media.duration, 3),
        "height": video.media.video.height,
        "made_of": video.made_of,
        "ways": {way: _middle(done) for way, done in efforts.items()},
        "of": {way: _share(efforts[ONE_PROCESS], done) for way, done in efforts.items()},
    }


def _middle(efforts: list[Effort]) -> dict[str, float]:
    plain = [asdict(one) for one in efforts]
    return {name: round(median(one[name] for one in plain), 3) for name in plain[0]}


def _share(ours: list[Effort], theirs: list[Effort]) -> dict[str, float]:
    """Return what one process took as a share of another way, the median within rounds."""
    pairs = [(asdict(one), asdict(other)) for one, other in zip(ours, theirs, strict=True)]
    return {name: median(one[name] / other[name] for one, other in pairs) for name in pairs[0][0]}


Way = Callable[[Path], Effort]
"""Does a job, writes its files into a folder and says what that took."""


def _jobs(video: Video) -> dict[str, dict[str, Way]]:
    """Return the ways of each job."""
    path, media = video.path, video.media
    one = Chunking(cores=1)
    two = Chunking(cores=2 * CORES_EACH, longest=media.duration * 0.6)
    # Cutroom would reuse these as they are; under another name it has to encode them.
    picture = media.video.model_copy(update={"codec": "another"})
    foreign = media.model_copy(update={"video": picture})

    def renditions(folder: Path, chunking: Chunking) -> Effort:
        return _timed(lambda: make_renditions(path, media, PROFILES, folder, chunking=chunking))

    def proxy(folder: Path, chunking: Chunking, also: tuple[str, ...] = ()) -> Effort:
        return _timed(lambda: make_proxy(path, foreign, folder, chunking=chunking, also=also))

    return {
        "renditions": {
            ONE_PROCESS: partial(renditions, chunking=one),
            BY_HAND: partial(_renditions_by_hand, path),
            APART: partial(_renditions_apart, path),
            CHUNKS: partial(renditions, chunking=two),
        },
        "proxy and sound": {
            ONE_PROCESS: partial(proxy, chunking=one),
            BY_HAND: partial(_proxy_by_hand, path),
            CHUNKS: partial(proxy, chunking=two),
        },
        "proxy, copies and sound": {
            ONE_PROCESS: partial(proxy, chunking=one, also=PROFILES),
            BY_HAND: partial(_all_by_hand, path),
            APART: partial(_all_apart, path),
        },
    }


def _timed(work: Callable[[], Any]) -> Effort:
    """Time what happens in this process and in those it starts."""
    began, cpu_began = time.monotonic(), cpu_seconds_so_far()
    work()
    return Effort(time.monotonic() - began, cpu_seconds_so_far() - cpu_began)


def _renditions_by_hand(path: Path, folder: Path) -> Effort:
    chains = [f"[{name}]{_scale(_SETTINGS[name][0])}[{name}s]" for name in PROFILES]
    split = "".join(f"[{name}]" for name in PROFILES)
    words: list[str | Path] = ["-i", path, "-filter_complex"]
    words.append(";".join([f"[0:v]split={len(PROFILES)}{split}", *chains]))
    for name in PROFILES:
        words += ["-map", f"[{name}s]", "-map", "0:a", *_settings(name), folder / f"{name}.mp4"]
    return _sum(ffmpeg(*words))


def _renditions_apart(path: Path, folder: Path) -> Effort:
    return _sum(
        *(
            ffmpeg("-i", path, *_scaled(name), *_settings(name), folder / f"{name}.mp4")
            for name in PROFILES
        )
    )


def _scaled(name: str) -> tuple[str, str]:
    return "-vf", _scale(_SETTINGS[name][0])


def _settings(name: str) -> tuple[str, ...]:
    _, rate, most, buffer, sound = _SETTINGS[name]
    rates = ("-b:v", rate, "-maxrate", most, "-bufsize", buffer)
    heard = ("copy",) if sound == _KEPT else ("aac", "-b:a", sound, "-ac", "2")
    return (*_PICTURE, *rates, *_BOX, "-c:a", *heard)


def _scale(size: str) -> str:
    return f"scale={size}:flags=bicubic,setsar=1,format=yuv420p"


def _proxy_by_hand(path: Path, folder: Path) -> Effort:
    quality = ("-crf", str(PROXY_QUALITY["crf"]))
    seen = ("-map", "0:v", "-vf", "setsar=1,format=yuv420p", *_PICTURE, *quality, *_BOX)
    heard = ("-map", "0:a", "-c:a", "copy")
    listened = ("-map", "0:a", *_LISTENED, folder / "sound.wav")
    return _sum(ffmpeg("-i", path, *seen, *heard, folder / "proxy.mp4", *listened))


def _all_by_hand(path: Path, folder: Path) -> Effort:
    """Do it all with one command."""
    names = ("proxy", *PROFILES)
    chains = [f"[{name}]{_scale(_SETTINGS[name][0])}[{name}s]" for name in PROFILES]
    split = f"[0:v]split={len(names)}{''.join(f'[{name}]' for name in names)}"
    words: list[str | Path] = ["-i", path, "-filter_complex"]
    words.append(";".join([split, "[proxy]setsar=1,format=yuv420p[proxys]", *chains]))
    quality = ("-crf", str(PROXY_QUALITY["crf"]), "-c:a", "copy")
    for name in names:
        chosen = (*_PICTURE, *quality, *_BOX) if name == "proxy" else _settings(name)
        words += ["-map", f"[{name}s]", "-map", "0:a", *chosen, folder / f"{name}.mp4"]
    return _sum(ffmpeg(*words, "-map", "0:a", *_LISTENED, folder / "sound.wav"))


def _all_apart(path: Path, folder: Path) -> Effort:
    """Do it with one command for each file with a picture."""
    done = (_proxy_by_hand(path, folder), _renditions_apart(path, folder))
    walls, cpus = ([getattr(one, name) for one in done] for name in asdict(done[0]))
    return Effort(sum(walls), sum(cpus))


def _sum(*usages: Usage) -> Effort:
    """Add up commands that ran one after the other."""
    return Effort(sum(one.wall_seconds for one in usages), sum(one.cpu_seconds for one in usages))


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: the CPU time of other ways beside one process."""
    shares = {way: share["cpu_seconds"] for way, share in result["of"].items()}
    return {f"{way} / one process, CPU": 1 / share for way, share in shares.items() if share != 1}


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return one table for each video and job on record."""
    return [_table(name, result) for name, result in results.items()]


def _table(name: str, result: dict[str, Any]) -> Table:
    rows = [
        (
            way,
            seconds(effort["wall_seconds"]),
            seconds(effort["cpu_seconds"]),
            "" if way == ONE_PROCESS else f"{result['of'][way]['wall_seconds']:.2f}",
            "" if way == ONE_PROCESS else f"{result['of'][way]['cpu_seconds']:.2f}",
            f"{LIMITS[way]:g}" if way in LIMITS else "",
        )
        for way, effort in result["ways"].items()
    ]
    title = f"{name}: {result['duration']:.0f} s of {result['height']}p"
    return Table(title, ("", "wall, s", "CPU, s", "our wall", "our CPU", "at most"), tuple(rows))


def in_sentences(results: dict[str, Any]) -> str:
    """Say on what each job was measured."""
    return "\n".join(
        f"- {name}: {result['made_of']}. "
        f"{'One run' if result['runs'] == 1 else 'Medians of ' + str(result['runs']) + ' runs'} on "
        f"{in_words(result['measured'])}."
        for name, result in results.items()
    )
