"""The two videos that are measured: made once, kept outside git."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import ffmpeg
from cutroom.media.probe import probe
from cutroom.media.sample.making import make_sample
from cutroom.records.media import Media

VERSION = 1
"""Part of the files' names; raise it when a recipe below changes."""
CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus"
SHORT_SECONDS = 28.0
"""The clip of seed 001 lasts 26 s; this one ends at the keyframe nearest to 28 s."""
MINUTE = 60.0
ROUND_SECONDS = 150.0
THREE_HOURS = 3 * 3600.0
PHONE_RATE = "8M"
"""Bits a second of HEVC at 1080p30: Apple's camera settings name 60 MB a minute for it."""
LONG_SECONDS = 600
"""About: the picture is played a whole number of times."""

_SHOTS = (
    ("truth/comp1_hard.mp4", 0, 54),
    ("originals/office_desk_720p25_vp9.webm", 4, 14),
    ("truth/comp3_mixed.mp4", 30, 28),
    ("originals/artcritic_webcam_1920x880_60fps.mp4", 1, 12),
    ("originals/bbb_480p24_30s_5.1.mp4", 10, 14),
    ("originals/office_table_720p25_vp9.webm", 20, 16),
    ("originals/fireworks_480x352_vfr.3gp", 12, 12),
)
"""Files of the corpus, first second and seconds: 150 s of quick cuts, talk, dissolves, animation
and flashes, played four times over."""
_VOICES = (
    "truth/talk_roomtone_16k.flac",
    "originals/speech/jfk.flac",
    "originals/speech/librivox_sense_0870.wav",
)
_SCENERY = (
    "mandelbrot=size=1920x1080:rate=30",
    "gradients=size=1920x1080:rate=30:speed=0.05:nb_colors=6:seed=7",
    "testsrc2=size=1920x1080:rate=30",
)
"""What ffmpeg can draw by itself and that moves; each lasts `_SCENERY_SECONDS`."""
_SCENERY_SECONDS = 10
_GRAIN = "noise=c0s=7:c0f=t"
"""Drawn pictures have none, and without it they would encode and decode far too fast."""
_FULL_HD = (
    "fps=30,scale=1920:1080:force_original_aspect_ratio=decrease,"
    "pad=1920:1080:-1:-1,setsar=1,format=yuv420p"
)


@dataclass(frozen=True, slots=True)
class Video:
    """A video to measure with."""

    name: str
    path: Path
    media: Media
    made_of: str
    """In words, for the one who reads the table."""


def short_video(folder: Path) -> Video:
    """Return the beginning of Cutroom's own sample, its packets copied: 720p30, H.264 and AAC."""
    path = folder / f"short-{VERSION}.mp4"
    if not path.exists():
        sample = _sample(folder)
        keyframes = probe(sample).keyframes
        end = min(keyframes, key=lambda time: abs(time - SHORT_SECONDS))
        _make(path, "-i", sample, "-t", f"{end - 0.001:.3f}", "-c", "copy")
    return Video("short", path, probe(path), "Cutroom's own sample, shortened by stream copy")


def long_video(folder: Path) -> Video:
    """Return 10 minutes of 1080p30, H.264 by x264's defaults and AAC.

    The picture is encoded once for a part of the length and repeated by copying its packets:
    reading, decoding and analysing cost the same as for ten minutes without repetition. The
    sound runs on without repeating in step with it.
    """
    kind = "corpus" if CORPUS.is_dir() else "drawn"
    path = folder / f"long-{kind}-{VERSION}.mp4"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as place:
            picture, sound = Path(place) / "picture.mp4", Path(place) / "sound.m4a"
            if kind == "corpus":
                _film_corpus(picture)
                voices = [CORPUS / name for name in _VOICES]
            else:
                voices = [_sample(folder)]
                _film_scenery(picture, *voices)
            once = probe(picture).duration
            # A whole number of times, so that no group of pictures is cut open at the end.
            rounds = max(1, round(LONG_SECONDS / once))
            _speak(sound, voices, rounds * once)
            inputs = ("-stream_loop", str(rounds - 1), "-i", picture, "-i", sound)
            _make(path, *inputs, "-map", "0:v", "-map", "1:a", "-c", "copy")
    made_of = {
        "corpus": "real clips in 150 s of edited shots, four times over, under read speech",
        "drawn": "the sample and drawn motion with grain, repeated, under the sample's voice",
    }
    return Video("long", path, probe(path), made_of[kind])


def three_hours(folder: Path) -> Video:
    """Return the long video repeated to three hours by copying its packets: 3.6 GB."""
    once = long_video(folder)
    path = once.path.with_name(once.path.name.replace("long", "three-hours"))
    if not path.exists():
        rounds = round(THREE_HOURS / once.media.duration)
        _make(path, "-stream_loop", str(rounds - 1), "-i", once.path, "-map", "0", "-c", "copy")
    return Video("three hours", path, probe(path), "the long one, repeated by stream copy")


def one_minute(folder: Path) -> Video:
    """Return the first minute or so of the long video, its packets copied: 1080p30."""
    made_of = "the first minute of the long one, by stream copy"
    return _beginning(long_video(folder), "minute", MINUTE, made_of)


def one_round(folder: Path) -> Video:
    """Return the long video once, before its picture is repeated: 150 s of 1080p30, no sound."""
    made_of = "the first quarter of the long one, by stream copy"
    return _beginning(long_video(folder), "round", ROUND_SECONDS, made_of, "-map", "0:v")


def _beginning(whole: Video, name: str, length: float, made_of: str, *streams: str) -> Video:
    """Copy the packets up to the keyframe nearest to a length in seconds."""
    path = whole.path.with_name(whole.path.name.replace(whole.name, name))
    if not path.exists():
        end = min(whole.media.keyframes, key=lambda time: abs(time - length))
        _make(path, "-i", whole.path, "-t", f"{end - 0.001:.3f}", *streams, "-c", "copy")
    return Video(name, path, probe(path), made_of)


def phone_minute(folder: Path) -> Video:
    """Return the same minute in HEVC, as phones record it: 1080p30 with AAC, MP4."""
    once = one_minute(folder)
    path = once.path.with_name(once.path.name.replace("minute", "phone"))
    if not path.exists():
        kind = ("-c:v", "libx265", "-preset", "veryfast", "-tag:v", "hvc1", "-b:v", PHONE_RATE)
        _make(path, "-i", once.path, *kind, "-x265-params", "log-level=error", "-c:a", "copy")
    return Video("phone", path, probe(path), "the same minute in HEVC, at the rate of a phone")


def _sample(folder: Path) -> Path:
    """Return Cutroom's own sample."""
    path = folder / f"sample-{VERSION}.mp4"
    if not path.exists():
        make_sample(path)
    return path


def _film_corpus(picture: Path) -> None:
    """Join shots of real clips with hard cuts, fitted into 1920x1080, in one encode."""
    inputs = [
        word
        for name, start, seconds in _SHOTS
        for word in ("-ss", str(start), "-t", str(seconds), "-i", CORPUS / name)
    ]
    chains = [f"[{n}:v:0]{_FULL_HD},setpts=PTS-STARTPTS[v{n}]" for n in range(len(_SHOTS))]
    _film(picture, inputs, chains)


def _film_scenery(picture: Path, sample: Path) -> None:
    """Join the sample, enlarged, and drawn shots, all with grain, in one encode."""
    inputs: list[str | Path] = ["-i", sample]
    for drawn in _SCENERY:
        inputs += ["-f", "lavfi", "-t", str(_SCENERY_SECONDS), "-i", drawn]
    chains = [f"[{n}:v:0]{_FULL_HD},{_GRAIN}[v{n}]" for n in range(1 + len(_SCENERY))]
    _film(picture, inputs, chains)


def _film(picture: Path, inputs: list[str | Path], chains: list[str]) -> None:
    shots = "".join(f"[v{number}]" for number in range(len(chains)))
    graph = ";".join([*chains, f"{shots}concat=n={len(chains)}:v=1[film]"])
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[film]", "-c:v", "libx264", picture)


def _speak(sound: Path, voices: list[Path], length: float) -> None:
    """Join voices and repeat them for a length in seconds: 48 kHz stereo AAC."""
    inputs = [word for voice in voices for word in ("-i", voice)]
    chains = [
        f"[{n}:a:0]aresample=48000,aformat=channel_layouts=stereo[a{n}]" for n in range(len(voices))
    ]
    voiced = "".join(f"[a{number}]" for number in range(len(voices)))
    graph = ";".join([*chains, f"{voiced}concat=n={len(voices)}:v=0:a=1[sound]"])
    once = sound.with_suffix(".wav")
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[sound]", once)
    ffmpeg("-stream_loop", "-1", "-i", once, "-t", f"{length:.3f}", "-c:a", "aac", sound)


def _make(path: Path, *words: str | Path) -> None:
    """Write a file aside and rename it, so that its name never stands for half of it."""
    part = path.with_name(f".{path.name}.part")
    ffmpeg(*words, "-movflags", "+faststart", "-f", "mp4", part)
    part.replace(path)
