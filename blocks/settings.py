"""Everything that can be set, each by a `CUTROOM_*` variable or a line in `.env`."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from cutroom.media.limits import Limits
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.page_settings import PageSettings

if TYPE_CHECKING:
    from cutroom.media.making.encoder_choice import Encoders


class Settings(BaseSettings):
    """The settings of one machine. Durations are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="CUTROOM_", env_file=".env", extra="ignore", use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=lambda: Path.home() / ".cutroom")
    """The data folder: blobs, results, models, catalog, Prefect's own."""
    catalog_url: str = ""
    """SQLAlchemy address of the catalog; empty keeps an SQLite file in the data folder."""
    ffmpeg: str = ""
    """Another ffmpeg program than the one imageio-ffmpeg carries."""
    encoder: Literal[
        "auto", "libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox", "h264_vaapi"
    ] = "auto"
    """What encodes H.264: `auto` takes the fastest that looks no worse than libx264."""
    max_bytes: int = Field(default=10 * 2**30, gt=0)
    """Largest source, in bytes."""
    max_duration: float = Field(default=6 * 3600, gt=0)
    """Longest source."""
    refetch_after: float = Field(default=24 * 3600, ge=0)
    """How long an address counts as fetched; afterwards a new order fetches it again."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts (or host:port) on private networks that sources may come from, as a JSON list."""
    speech_model: str = ""
    """A faster-whisper model's name or folder; empty chooses by device."""
    workers: int = Field(default=0, ge=0)
    """Steps of one job that run side by side; 0 takes the number of cores, at least 2."""
    page_cookies: Path | None = None
    """A cookies.txt for pages that want one."""
    page_proxy: SecretStr | None = None
    """A proxy for pages, with its password if it has one."""
    page_javascript: str | None = None
    """The JavaScript runtime for pages that want one, as `name` or `name:path`."""
    page_extractor_args: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    """yt-dlp's extractor arguments, as JSON: {"youtube": {"player_client": ["web"]}}."""
    cost_cpu_hour: float = Field(default=0.0, ge=0)
    """Dollars for one CPU hour, for the ledger."""
    cost_gigabyte_out: float = Field(default=0.0, ge=0)
    """Dollars for one gigabyte moved over the network."""

    @property
    def side_by_side(self) -> int:
        """Return how many steps of one job may run at once."""
        return self.workers or max(2, os.cpu_count() or 2)

    @property
    def catalog(self) -> str:
        """Return the catalog's address."""
        return self.catalog_url or f"sqlite:///{self.home.resolve() / 'catalog.db'}"

    @property
    def models(self) -> Path:
        """Return the folder of models."""
        return self.home.resolve() / "models"

    @property
    def face_model(self) -> Path:
        """Return where the face detector's model lies once set-up has fetched it."""
        return self.models / "face_detection_short_range.tflite"

    @property
    def notes(self) -> Path:
        """Return the file that remembers which encoders are good on this machine."""
        return self.home.resolve() / "encoders.json"

    @property
    def encoders(self) -> "Encoders":
        """Return what encodes H.264 on this machine."""
        from cutroom.media.making.encoder_choice import Encoders  # noqa: PLC0415  only jobs need it

        return Encoders(self.notes, self.encoder)

    @property
    def limits(self) -> Limits:
        """Return how large a source may be."""
        return Limits(size_bytes=self.max_bytes, duration=self.max_duration)

    @property
    def fetch_limits(self) -> FetchLimits:
        """Return how much may be fetched."""
        return FetchLimits(size_bytes=self.max_bytes, duration=self.max_duration)

    @property
    def page(self) -> PageSettings:
        """Return what page downloads need."""
        return PageSettings(
            cookies_file=self.page_cookies,
            proxy=self.page_proxy,
            extractor_args=self.page_extractor_args,
            javascript_runtime=self.page_javascript,
            allowed_hosts=self.allowed_hosts,
        )


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings()


def prefect_environment(home: Path) -> dict[str, str]:
    """Return the variables that make Prefect live inside the data folder and keep quiet."""
    home = home.resolve()
    return {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(home / "results"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "cutroom",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
