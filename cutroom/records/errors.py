"""The family of errors: everything that can go wrong and that someone can act on.

CutroomError
├── OrderError
│   └── OrderInvalid            ORDER_INVALID
├── SourceError
│   ├── SourceMissing           SOURCE_MISSING
│   ├── SourceEmpty             SOURCE_EMPTY
│   ├── SourceNotPermitted      SOURCE_NOT_PERMITTED
│   ├── SourceGone              SOURCE_GONE
│   ├── SourcePrivate           SOURCE_PRIVATE
│   ├── SourceForbidden         SOURCE_FORBIDDEN
│   ├── SourceLive              SOURCE_LIVE
│   ├── SourceTooLarge          SOURCE_TOO_LARGE
│   ├── SourceTooLong           SOURCE_TOO_LONG
│   ├── SourceNotVideo          SOURCE_NOT_VIDEO
│   ├── FeedInvalid             FEED_INVALID
│   ├── KeyMissing              KEY_MISSING
│   ├── AddressForbidden        ADDRESS_FORBIDDEN
│   ├── HostUnknown             HOST_UNKNOWN
│   └── SourceUnreachable       SOURCE_UNREACHABLE     may heal
├── MediaError
│   ├── NotMedia                NOT_MEDIA
│   ├── FormatForbidden         FORMAT_FORBIDDEN
│   ├── VideoMissing            VIDEO_MISSING
│   ├── MediaTruncated          MEDIA_TRUNCATED
│   ├── MediaCorrupt            MEDIA_CORRUPT
│   ├── MediaEncrypted          MEDIA_ENCRYPTED
│   ├── CodecUnsupported        CODEC_UNSUPPORTED
│   ├── LimitExceeded           LIMIT_EXCEEDED
│   ├── FfmpegMissing           FFMPEG_MISSING
│   ├── FfmpegFailed            FFMPEG_FAILED
│   ├── FfmpegKilled            FFMPEG_KILLED          may heal
│   ├── FfmpegStalled           FFMPEG_STALLED
│   └── OutputUnsound           OUTPUT_UNSOUND
├── ModelError
│   ├── ModelMissing            MODEL_MISSING
│   └── ModelFailed             MODEL_FAILED
├── StorageError
│   ├── DiskFull                DISK_FULL
│   ├── BlobMissing             BLOB_MISSING
│   ├── OutputNotWritable       OUTPUT_NOT_WRITABLE
│   ├── StorageDenied           STORAGE_DENIED
│   └── StorageUnavailable      STORAGE_UNAVAILABLE    may heal
├── CatalogError
│   ├── CatalogUnavailable      CATALOG_UNAVAILABLE    may heal
│   └── JobUnknown              JOB_UNKNOWN
├── JobError
│   ├── JobCancelled            JOB_CANCELLED
│   ├── JobClosed               JOB_CLOSED
│   ├── Superseded              SUPERSEDED
│   ├── RunLost                 RUN_LOST               may heal
│   └── ServiceResting          SERVICE_RESTING        may heal
└── ServerError
    ├── FleetMissing            FLEET_MISSING
    ├── FleetRefused            FLEET_REFUSED
    └── ServerUnavailable       SERVER_UNAVAILABLE     may heal
"""

import re
import shlex
from collections.abc import Sequence
from typing import ClassVar, Self

_GUARDS = ("-codec_whitelist", "-format_whitelist", "-protocol_whitelist", "-progress")


def _without_guards(command: Sequence[str]) -> list[str]:
    """Leave out the long lists that a person does not need to repeat a command."""
    kept = zip(command, ["", *command], strict=False)
    return [word for word, before in kept if word not in _GUARDS and before not in _GUARDS]


class CutroomError(Exception):
    """A failure someone can act on.

    Every child keeps this signature, so errors survive pickling between
    processes; a child that knows more offers a named constructor.

    Attributes:
        code: The name machines know it by, made from the class name.
        hint: What to do next, in one sentence.
        is_transient: Whether the same call may work in a minute.
        retry_after: Seconds to leave the other side alone, where it asked for that.
    """

    code: ClassVar[str] = "CUTROOM_ERROR"
    is_transient: ClassVar[bool] = False
    retry_after: float | None = None

    def __init_subclass__(cls) -> None:
        """Give each child its code: `SourceGone` becomes `SOURCE_GONE`."""
        super().__init_subclass__()
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint

    def with_pause(self, seconds: float | None) -> Self:
        """Return this error, which now says when to come back."""
        self.retry_after = seconds
        return self

    def __str__(self) -> str:
        """Return what happened and, on the next line, what to do."""
        return f"{self.code}: {self.problem}\nhint: {self.hint}"


class OrderError(CutroomError):
    """The order itself cannot be carried out."""


class OrderInvalid(OrderError):
    """The order asks for something that does not exist."""


class SourceError(CutroomError):
    """The video could not be brought in."""


class SourceMissing(SourceError):
    """There is no file at that path."""


class SourceEmpty(SourceError):
    """The source holds no bytes."""


class SourceNotPermitted(SourceError):
    """The file is there, but we may not read it."""


class SourceGone(SourceError):
    """The address answers that nothing is there, now or any more."""


class SourcePrivate(SourceError):
    """The video is there for some, and we are not among them."""


class SourceForbidden(SourceError):
    """The host refuses to give it to us."""


class SourceLive(SourceError):
    """The video has not ended yet."""


class SourceTooLarge(SourceError):
    """The source has more bytes than the limit."""


class SourceTooLong(SourceError):
    """The source plays longer than the limit."""


class SourceNotVideo(SourceError):
    """What came back is something else, a web page most often."""


class FeedInvalid(SourceError):
    """What names videos cannot be understood, or is laid as a trap."""


class KeyMissing(SourceError):
    """The source answers only those who bring a key, and the settings have none."""


class AddressForbidden(SourceError):
    """The address points where no source may come from, such as a private network."""


class HostUnknown(SourceError):
    """The host's name resolves to nothing."""


class SourceUnreachable(SourceError):
    """The network or the host failed on the way; it may work in a minute."""

    is_transient = True


class MediaError(CutroomError):
    """Picture or sound could not be read or made."""


class NotMedia(MediaError):
    """The bytes are not a media file we know."""


class FormatForbidden(MediaError):
    """The bytes are a kind that may point at other files, which we never follow."""


class VideoMissing(MediaError):
    """There is sound, or nothing, but no picture."""


class MediaTruncated(MediaError):
    """The file ends before its own index says it should."""


class MediaCorrupt(MediaError):
    """Most of the file cannot be decoded."""


class MediaEncrypted(MediaError):
    """The streams are encrypted and we hold no key."""


class CodecUnsupported(MediaError):
    """The codec is not one we let in."""


class LimitExceeded(MediaError):
    """The media is larger in some dimension than we process."""


class FfmpegMissing(MediaError):
    """No ffmpeg program was found where the settings point."""


class FfmpegFailed(MediaError):
    """ffmpeg ran and exited with an error."""

    @classmethod
    def after(cls, command: Sequence[str], log: str) -> Self:
        """Blame the first error in its log, and show how to repeat it."""
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        blamed = [line for line in lines if "[error]" in line or "[fatal]" in line] or lines[-1:]
        reason = re.sub(r"(\[[^\]]*\] )+", "", blamed[0]) if blamed else "it said nothing"
        return cls(
            f"ffmpeg failed: {reason}", f"Try by hand: {shlex.join(_without_guards(command))}"
        )


class FfmpegKilled(MediaError):
    """Someone killed ffmpeg, most often the system for want of memory; it may work in a minute."""

    is_transient = True


class FfmpegStalled(MediaError):
    """ffmpeg stopped making progress, or took longer than allowed."""


class OutputUnsound(MediaError):
    """What an encode left behind is not what was asked for."""


class ModelError(CutroomError):
    """A model that looks or listens could not do its work."""


class ModelMissing(ModelError):
    """The model's files are not on this machine and could not be fetched."""


class ModelFailed(ModelError):
    """The model was there but could not be run."""


class StorageError(CutroomError):
    """Bytes could not be kept or found."""


class DiskFull(StorageError):
    """There is no room left to write."""


class BlobMissing(StorageError):
    """A file that a record names is no longer kept."""


class OutputNotWritable(StorageError):
    """The folder for the results cannot be written."""


class StorageDenied(StorageError):
    """The object store answers and refuses: a wrong key, a missing right, no such bucket."""


class StorageUnavailable(StorageError):
    """The object store did not answer, or not in time."""

    is_transient = True


class CatalogError(CutroomError):
    """The catalog could not answer."""


class CatalogUnavailable(CatalogError):
    """The database did not answer."""

    is_transient = True


class JobUnknown(CatalogError):
    """The catalog has no such job."""


class JobError(CutroomError):
    """The job may not go on, whatever its steps could still do."""


class JobCancelled(JobError):
    """Someone called it off."""


class JobClosed(JobError):
    """It is completed, dead or cancelled already."""


class Superseded(JobError):
    """A later attempt at the same job has taken over."""


class RunLost(JobError):
    """The process that worked on it ended without a word."""

    is_transient = True


class ServiceResting(JobError):
    """A service outside failed too often lately and is left alone for a while."""

    is_transient = True


class ServerError(CutroomError):
    """The Prefect server could not be used."""


class FleetMissing(ServerError):
    """The Prefect server knows no pools or deployments of ours."""


class FleetRefused(ServerError):
    """Prefect would not take a pool, a deployment or an automation as we describe it."""


class ServerUnavailable(ServerError):
    """The Prefect server did not answer."""

    is_transient = True
