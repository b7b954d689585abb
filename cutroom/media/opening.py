"""The door for PyAV and OpenCV: no file is opened for decoding but through here."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.container
import av.error
import av.logging

from cutroom.media.limits import DEMUXERS, MAX_PIXELS, MAX_STREAMS, format_options
from cutroom.media.sniff import sniff
from cutroom.records.errors import LimitExceeded, MediaCorrupt

av.logging.set_level(av.logging.PANIC)

os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = (
    f"protocol_whitelist;file|format_whitelist;{','.join(DEMUXERS)}"
)

LARGE_BYTES = 2**20
"""Buffers from this size on go back to the system when they are freed: planes of a picture, and
the index of hours of video."""
_M_MMAP_THRESHOLD = -3
"""glibc's number for it, from its malloc.h."""


def _give_back_large_buffers() -> None:
    """Keep glibc from hoarding what decoders free.

    It raises its threshold with each large buffer freed, and from then on keeps such buffers for
    the thread that had them: over a gigabyte in a job on three hours of video, of which less
    than a third was in use.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):  # musl has none, and does not hoard
            library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


_give_back_large_buffers()


@contextmanager
def open_media(path: Path, demuxer: str | None = None) -> Iterator[av.container.InputContainer]:
    """Open a media file for PyAV within our limits.

    Args:
        path: A local file.
        demuxer: ffmpeg's name of it, when known; sniffed otherwise.

    Raises:
        NotMedia, FormatForbidden, SourceNotVideo, SourceEmpty: As `sniff` says.
        LimitExceeded: It has more streams than we open.
        MediaCorrupt: The container's headers cannot be read.
    """
    demuxer = demuxer or sniff(path)
    try:
        container = av.open(
            f"file:{path}",
            format=demuxer,
            container_options=format_options(),
            metadata_errors="replace",
        )
    except (av.error.FFmpegError, ValueError) as error:
        if "max_streams" in str(error):
            raise LimitExceeded(
                f"The file has more than {MAX_STREAMS} streams.", "Keep only those you need."
            ) from error
        raise MediaCorrupt(
            f"{path.name} begins like {demuxer} but cannot be opened: {error}",
            "The file is damaged or not finished; fetch or export it again.",
        ) from error
    try:
        for stream in container.streams.video:
            if stream.codec_context is not None:
                stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        yield container
    finally:
        container.close()
