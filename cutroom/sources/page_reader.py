"""One use of yt-dlp: read a page, choose the formats, download them side by side."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yt_dlp.globals
from yt_dlp import YoutubeDL
from yt_dlp.downloader import get_suitable_downloader

from cutroom.records.errors import SourceLive, SourceNotVideo, SourceTooLong, SourceUnreachable
from cutroom.records.secrets import without_secrets
from cutroom.sources.answers import make_room, too_large
from cutroom.sources.fetched import Fetched, FetchLimits, OnProgress
from cutroom.sources.page_network import GuardedRH, Traffic
from cutroom.sources.titles import tidy_title

if TYPE_CHECKING:
    from cutroom.sources.page_settings import PageSettings

PROTOCOLS = frozenset(
    ("http", "https", "m3u8", "m3u8_native", "http_dash_segments", "http_dash_segments_generator")
)
"""Ways of transport that yt-dlp masters by itself, over the guarded network."""
FORMAT = rf"(bv*+ba/b)[protocol~='^({'|'.join(sorted(PROTOCOLS))})$']"
"""The best picture and, unless it has sound with it, the best sound."""
FORMAT_ORDER = (
    *("lang", "quality", "res", "fps"),
    # From here on the pictures are equally large and smooth.
    *("vcodec:h264", "channels", "acodec:aac", "ext:mp4:m4a", "hdr:12"),
)
_NOT_ENDED = ("is_live", "is_upcoming", "post_live")

# Code that lies about on the machine is no part of us. This is read when the first reader is made.
yt_dlp.globals.plugin_dirs.value = []


class _Log:
    """Where yt-dlp talks to; nothing of it reaches the terminal."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings

    def debug(self, message: str) -> None:
        """Let chatter go."""

    def warning(self, message: str) -> None:
        """Keep what may explain a failure later."""
        self._warnings.append(message)

    def error(self, message: str) -> None:
        """Let it go; the same comes as an exception."""


class PageReader(YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """yt-dlp with our guard as its only network, and without ffmpeg, configuration or plugins."""

    def __init__(
        self,
        folder: Path,
        limits: FetchLimits,
        settings: "PageSettings",
        cookies: Path | None,
        warnings: list[str],
        on_progress: OnProgress | None,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._settings = settings
        self._on_progress = on_progress
        self._traffic = Traffic(limits)
        self._bytes_done = 0
        self._share = (0.0, 1.0)
        self._shown = 0.0
        super().__init__(_options(folder, limits, settings, cookies, _Log(warnings)))

    def build_request_director(self, _handlers: Any, _preferences: Any = None) -> Any:
        """Give yt-dlp one way to the network: ours."""

        def guarded(**options: Any) -> GuardedRH:
            return GuardedRH(
                traffic=self._traffic,
                limits=self._limits,
                allowed_hosts=self._settings.allowed_hosts,
                **options,
            )

        return super().build_request_director([guarded], ())

    def fetch(self, url: str) -> Fetched:
        """Read the page and download what it shows; errors are yt-dlp's and ours."""
        info = self._only_video(self.extract_info(url, download=False), without_secrets(url))
        chosen = info.get("requested_formats") or [info]
        self._check(info, chosen)
        pictures = [each for each in chosen if each.get("vcodec") != "none"]
        sounds = [each for each in chosen if each not in pictures]
        if not pictures:
            raise SourceNotVideo(
                f"{without_secrets(url)} has sound but no picture.", "Give the address of a video."
            )
        video = self._download(info, pictures[0], "source.bin", (0.0, 0.9 if sounds else 1.0))
        sound = self._download(info, sounds[0], "sound.bin", (0.9, 1.0)) if sounds else None
        return Fetched(video, sound, _title_of(info), self._traffic.received)

    def _only_video(self, info: dict[str, Any] | None, place: str) -> dict[str, Any]:
        """Return the one video there is; a list of one is that one."""
        if info is not None and info.get("_type", "video") == "video":
            return info
        entries = [each for each in (info or {}).get("entries", ()) if each]
        if len(entries) != 1:
            raise SourceNotVideo(
                f"{place} shows {'several videos' if entries else 'no video'}.",
                "Give the address of one video's own page.",
            )
        return self._only_video(self.process_ie_result(entries[0], download=False), place)

    def _check(self, info: dict[str, Any], chosen: list[dict[str, Any]]) -> None:
        if info.get("is_live") or info.get("live_status") in _NOT_ENDED:
            raise SourceLive("The video has not ended yet.", "Order it again when it has.")
        duration = info.get("duration") or 0
        if duration > self._limits.duration:
            raise SourceTooLong(
                f"The video plays {duration:.0f} s, and {self._limits.duration:.0f} s are allowed.",
                "Cut it first, or raise the limit in the settings.",
            )
        sizes = [each.get("filesize") or 0 for each in chosen]
        if sum(sizes) > self._limits.size_bytes:
            raise too_large(self._limits.size_bytes)
        make_room(self._folder, sum(sizes))

    def _download(
        self, info: dict[str, Any], chosen: dict[str, Any], name: str, share: tuple[float, float]
    ) -> Path:
        """Download one format, taking up what an earlier try left of the very same one."""
        self._share = share
        wanted = {key: value for key, value in info.items() if key != "requested_formats"} | chosen
        same = "\0".join(
            str(wanted.get(key)) for key in ("extractor", "id", "format_id", "filesize")
        )
        part = self._folder / f"{hashlib.sha256(same.encode()).hexdigest()[:16]}.{name}"
        downloader = get_suitable_downloader(wanted, self.params)(self, self.params)
        downloader.add_progress_hook(self._watch)
        with _closing_files_of(downloader):
            done, _ = downloader.download(str(part), wanted)
        if not done:
            raise SourceUnreachable("The download ended before its end.", "Try again in a minute.")
        self._bytes_done += part.stat().st_size
        return part.replace(self._folder / name)

    def _watch(self, status: dict[str, Any]) -> None:
        """Count what is on disk, and tell how far it is."""
        done = status.get("downloaded_bytes") or 0
        if self._bytes_done + done > self._limits.size_bytes:
            raise too_large(self._limits.size_bytes)
        if self._on_progress is None:
            return
        if status.get("fragment_count"):
            fraction = (status.get("fragment_index") or 0) / status["fragment_count"]
        else:
            fraction = done / (status.get("total_bytes") or float("inf"))
        if status.get("status") == "finished":
            fraction = 1.0
        start, end = self._share
        self._shown = max(self._shown, start + (end - start) * min(1.0, fraction))
        self._on_progress(self._shown)


def _title_of(info: dict[str, Any]) -> str:
    title = str(info.get("title") or "")
    # The generic extractor numbers the videos of a page, even the only one.
    return tidy_title(title.removesuffix(" (1)") if info.get("extractor") == "html5" else title)


@contextmanager
def _closing_files_of(downloader: Any) -> Iterator[None]:
    """Close what a downloader opened; one that fails between two segments does not."""
    opened = []
    really_open = downloader.sanitize_open

    def remember(*words: Any) -> Any:
        stream, name = really_open(*words)
        opened.append(stream)
        return stream, name

    downloader.sanitize_open = remember
    try:
        yield
    finally:
        for stream in opened:
            stream.close()


def _options(
    folder: Path, limits: FetchLimits, settings: "PageSettings", cookies: Path | None, log: _Log
) -> dict[str, Any]:
    """Return yt-dlp's options; what is not named here keeps its default, which is off."""
    arguments = {
        name.lower(): {key: list(values) for key, values in each.items()}
        for name, each in settings.extractor_args.items()
    }
    return {
        "quiet": True,
        "noprogress": True,
        "logger": log,
        "color": {"stdout": "never", "stderr": "never"},
        "cachedir": False,
        "outtmpl": {"default": str(folder / "page.%(ext)s")},
        "restrictfilenames": True,
        "format": FORMAT,
        "format_sort": list(FORMAT_ORDER),
        "noplaylist": True,
        "playlist_items": "1:2",  # enough to tell one from several
        "extract_flat": "in_playlist",
        "overwrites": True,
        "continuedl": True,
        "updatetime": False,
        "fixup": "never",
        "hls_prefer_native": True,
        "ffmpeg_location": str(folder / "none"),  # an ffmpeg on PATH would be out of our guard
        "skip_unavailable_fragments": False,
        "retries": limits.tries - 1,
        "fragment_retries": limits.tries - 1,
        "retry_sleep_functions": dict.fromkeys(
            ("http", "fragment", "extractor"), lambda **_: limits.pause
        ),
        "socket_timeout": limits.idle,
        "geo_bypass": False,
        "proxy": settings.proxy.get_secret_value() if settings.proxy else "",
        "cookiefile": str(cookies) if cookies else None,
        "extractor_args": arguments,
        "js_runtimes": settings.javascript(),
        "remote_components": (),
    }
