"""The profiles that renditions are made by. A new profile is one entry here."""

from dataclasses import dataclass
from typing import Literal

from cutroom.records.errors import OrderInvalid


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of copy looks. The picture is fitted into the box, upright, never enlarged."""

    short_side: int
    """Pixels, the height of a landscape picture."""
    long_side: int
    kind: Literal["h264", "vp9", "jpeg"]
    video_kbps: int = 0
    """Average video bit rate, in 1,000 bits a second."""
    audio_kbps: int = 128

    @property
    def suffix(self) -> str:
        """Ending of the file's name."""
        return {"h264": ".mp4", "vp9": ".webm", "jpeg": ".jpg"}[self.kind]


PROFILES: dict[str, Profile] = {
    "1080p": Profile(1080, 1920, "h264", video_kbps=5000, audio_kbps=192),
    "720p": Profile(720, 1280, "h264", video_kbps=2500),
    "480p": Profile(480, 854, "h264", video_kbps=1500),
    "360p": Profile(360, 640, "h264", video_kbps=800, audio_kbps=96),
    "webm_720p": Profile(720, 1280, "vp9", video_kbps=2000),
    "thumbnail": Profile(180, 320, "jpeg"),
}


def profile(name: str) -> Profile:
    """Return the profile of that name.

    Raises:
        OrderInvalid: There is none.
    """
    if name not in PROFILES:
        raise OrderInvalid(f"There is no profile {name!r}.", f"Choose from {', '.join(PROFILES)}.")
    return PROFILES[name]
