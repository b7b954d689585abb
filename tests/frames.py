"""What a decoder sees, as hashes that tests can compare."""

import hashlib
from pathlib import Path

from cutroom.media.opening import open_media


def frame_hashes(path: Path) -> list[str]:
    """Return a hash of each frame's pixels, in display order, whatever the container."""
    with open_media(path) as container:
        stream = container.streams.video[0]
        return [
            hashlib.md5(frame.to_ndarray().tobytes()).hexdigest()  # noqa: S324  no secret here
            for frame in container.decode(stream)
        ]


def frame_times(path: Path) -> list[float]:
    """Return each frame's display time, in seconds from the first."""
    with open_media(path) as container:
        times = [frame.time for frame in container.decode(container.streams.video[0])]
    return [time - times[0] for time in times]
