"""The door for PyAV and OpenCV: no file is opened for decoding but through here."""

import os
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
