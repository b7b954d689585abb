"""The sample video that Cutroom makes for itself: seven cuts, one dissolve, a voice and a face."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from cutroom.media.sample.picture import (
    HEIGHT,
    WIDTH,
    Picture,
    Shot,
    View,
    crossing,
    dusk,
    face_print,
    photograph,
    sound_wave,
    title_card,
    travelling,
)
from cutroom.media.sample.sound import SAMPLE_RATE, Narration, Sentence, narrate
from cutroom.records.span import Span

FRAME_RATE = 30
DISSOLVE = 1.0
"""Seconds that the one dissolve takes."""

_BARS = 72
"""Bars in the drawn voice, each a syllable or less."""
_BT709 = np.array(
    [
        [0.182586, 0.614231, 0.062007, 16.0],
        [-0.100644, -0.338572, 0.439216, 128.0],
        [0.439216, -0.398942, -0.040274, 128.0],
    ]
)
"""RGB of full range to YUV of limited range, by ITU-R BT.709: what HD players expect."""


@dataclass(frozen=True, slots=True)
class SampleTruth:
    """What is in the sample, exactly; times in seconds."""

    duration: float
    cuts: tuple[float, ...]
    """Times of the first frame after each hard cut."""
    dissolve: Span
    """From the first mixed frame to the first whole one of the new shot."""
    sentences: tuple[Sentence, ...]
    faces: tuple[Span, ...]
    """When the face is in the picture, moving from left to right."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One shot and its frames, [first, end)."""

    make: Callable[[], Shot]
    first: int
    end: int


def make_sample(path: Path) -> SampleTruth:
    """Make the sample: 46 s of 1280x720 at 30 frames a second, H.264 and AAC in MP4.

    The same versions of the libraries make the same file, byte for byte.

    Args:
        path: Where to put it; written aside, then renamed.

    Returns:
        What is in it, by construction.

    Raises:
        ModelMissing, ModelFailed: The narrator cannot speak here.
    """
    narration = narrate(FRAME_RATE)
    frames = len(narration.sound) * FRAME_RATE // SAMPLE_RATE
    parts = _storyboard(narration, frames)
    dissolve = _dissolve_frames(narration)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        _encode(aside, _pictures(parts), narration.sound)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return SampleTruth(
        duration=frames / FRAME_RATE,
        cuts=tuple(part.first / FRAME_RATE for part in parts[1:-1]),
        dissolve=Span(start=dissolve[0] / FRAME_RATE, end=dissolve[1] / FRAME_RATE),
        sentences=narration.sentences,
        faces=tuple(
            Span(start=parts[number].first / FRAME_RATE, end=parts[number].end / FRAME_RATE)
            for number in (1, 4)
        ),
    )


def _storyboard(narration: Narration, frames: int) -> list[_Part]:
    """Give each shot its lines; cuts fall into the middle of a pause."""
    spans = [sentence.span for sentence in narration.sentences]
    # A shot begins before the line with this number.
    edges = [
        round((spans[line - 1].end + spans[line].start) / 2 * FRAME_RATE)
        for line in (2, 3, 4, 5, 7, 9)
    ]
    mixed, whole = _dissolve_frames(narration)
    voice = _bars(narration.sound, edges[4], edges[5])
    face = face_print()
    rocket, coffee, stars = map(photograph, ("rocket", "coffee", "hubble_deep_field"))
    makers: list[Callable[[], Shot]] = [
        lambda: title_card("The Invisible Cut", "a short film about cutting films"),
        lambda: crossing(face, ((62, 118, 122), (24, 58, 70))),
        lambda: travelling(rocket, View(1.0, 0.5, 0.60), View(1.16, 0.5, 0.43)),
        lambda: travelling(coffee, View(1.2, 0.46, 0.44), View(1.05, 0.52, 0.42)),
        lambda: crossing(face, ((206, 134, 98), (132, 70, 58))),
        lambda: sound_wave(voice),
        dusk,
        lambda: travelling(stars, View(1.05, 0.5, 0.5), View(1.5, 0.42, 0.46)),
    ]
    firsts = [0, *edges, mixed]
    ends = [*edges, whole, frames]
    return [_Part(*part) for part in zip(makers, firsts, ends, strict=True)]


def _dissolve_frames(narration: Narration) -> tuple[int, int]:
    """Frames of the dissolve, [first mixed, first whole): the line that speaks of it ends in it."""
    middle = narration.sentences[9].span.end - 0.4
    first = round((middle - DISSOLVE / 2) * FRAME_RATE)
    return first, first + round(DISSOLVE * FRAME_RATE)


def _pictures(parts: list[_Part]) -> Iterator[Picture]:
    """Draw every frame, in order, one at a time; where two shots overlap, mix them."""
    import cv2  # noqa: PLC0415  heavy

    stops = [part.first for part in parts[1:]] + [parts[-1].end]
    earlier: tuple[_Part, Shot] | None = None
    for part, stop in zip(parts, stops, strict=True):
        shot = part.make()
        for number in range(part.first, stop):
            picture = _drawn(part, shot, number)
            if earlier and number < earlier[0].end:
                share = (number - part.first + 1) / (earlier[0].end - part.first + 1)
                fading = _drawn(*earlier, number)
                picture = np.asarray(cv2.addWeighted(picture, share, fading, 1 - share, 0))
            yield picture
        earlier = part, shot


def _drawn(part: _Part, shot: Shot, number: int) -> Picture:
    return shot((number - part.first) / (part.end - 1 - part.first))


def _bars(sound: npt.NDArray[np.float32], first: int, end: int) -> npt.NDArray[np.float32]:
    """Return how loud the voice is between two frames, 0 to 1, as `_BARS` values."""
    heard = sound[first * SAMPLE_RATE // FRAME_RATE : end * SAMPLE_RATE // FRAME_RATE]
    blocks = heard[: len(heard) // _BARS * _BARS].reshape(_BARS, -1)
    loudness = np.sqrt(np.mean(np.square(blocks), axis=1))
    is_voice = loudness > 0.005  # noqa: PLR2004  -46 dBFS, above the room
    return np.asarray(loudness / loudness.max() * is_voice, np.float32)


def _encode(path: Path, pictures: Iterator[Picture], sound: npt.NDArray[np.float32]) -> None:
    """Write picture and sound side by side, as they would be recorded."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = "The Invisible Cut"
        video = _picture_track(container)
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono", bit_rate=128_000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(_as_yuv(picture), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            container.mux(video.encode(frame))
            start, end = (SAMPLE_RATE * n // FRAME_RATE for n in (number, number + 1))
            container.mux(audio.encode(_sound_frame(sound[start:end], start)))
        for track in (video, audio):
            container.mux(track.encode(None))


def _picture_track(container: Any) -> Any:
    """Add H.264 that every player plays, its colours named so that none guesses them."""
    # A fixed number of threads: x264's choices depend on it, and the file should not vary.
    options = {"preset": "superfast", "crf": "20", "threads": "4", "g": "60"}
    video = container.add_stream("libx264", rate=FRAME_RATE, options=options)
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    video.time_base = Fraction(1, FRAME_RATE)
    context = video.codec_context
    context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
    context.color_range = 1  # limited
    return video


def _as_yuv(picture: Picture) -> npt.NDArray[np.uint8]:
    """Turn RGB into planes of Y, U and V, three times as fast as a general converter."""
    import cv2  # noqa: PLC0415  heavy

    yuv = cv2.transform(picture, _BT709)
    luma, *chroma = cv2.split(yuv)
    half = (WIDTH // 2, HEIGHT // 2)
    small = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in chroma]
    return np.concatenate([luma, *(plane.reshape(-1, WIDTH) for plane in small)])


def _sound_frame(samples: npt.NDArray[np.float32], start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = SAMPLE_RATE, start
    frame.time_base = Fraction(1, SAMPLE_RATE)
    return frame
