"""Decode on an NVIDIA card (NVDEC) where that is faster than the processor."""

from pathlib import Path
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import Run, guarded_input, run
from cutroom.records.errors import FfmpegKilled, MediaError
from cutroom.records.media import Media

CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg2video", "vc1")
"""What NVDEC knows; ffmpeg decodes profiles that a card lacks in software by itself."""
ON_CARD = {"hwaccel": "cuda"}
"""ffmpeg's input options. Frames come back to memory, so every filter works as ever."""
TRIAL_SECONDS = 4
"""Of the video: opening a card takes half a second, which must not decide."""


def helps(source: Path, media: Media) -> bool:
    """Say whether a video's own beginning decodes faster on the card, and just as completely.

    Raises:
        FfmpegKilled: Someone killed a trial; nothing is known then.
    """
    if media.video.codec not in CODECS:
        return False
    try:
        on_card, plain = (_decode(source, media, options) for options in (ON_CARD, {}))
    except FfmpegKilled:
        raise
    except MediaError:
        return False
    return on_card.seconds < plain.seconds


def _decode(source: Path, media: Media, options: dict[str, Any]) -> Run:
    picture = guarded_input(source, media.container, t=TRIAL_SECONDS, **options)
    return run(ffmpeg.output(picture[str(media.video.index)], "-", f="null"))
