"""Everything that can be set, each by a `CUTROOM_*` variable or a line in `.env`."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from cutroom.media.limits import Limits
from cutroom.records.job import LEASE
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.page_settings import PageSettings
from cutroom.storage.bucket import Bucket

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
    model_folder: Path | None = None
    """Where models lie; empty takes `models` in the data folder."""
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
    youtube_key: SecretStr | None = None
    """A key of YouTube's Data API v3, for its charts and the lengths of videos that feeds name."""
    language_model: str = ""
    """Name of the language model that is asked for topics and scripts; empty asks none."""
    language_key: SecretStr | None = None
    """The key to it."""
    host: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", max_length=100)
    """This host's name for its workers and limits; empty takes the machine's own."""
    memory_limit: float = Field(default=80.0, gt=0, le=100)
    """Percent of memory in use above which a worker takes no new job."""
    scratch_floor: int = Field(default=5 * 2**30, ge=0)
    """Free bytes in the data folder's file system below which a worker takes no new job."""
    lease: float = Field(default=LEASE.total_seconds(), ge=4)
    """Silence after which nobody works on a job any more, and another worker takes it up."""
    drain_grace: float = Field(default=600.0, ge=0)
    """How long a worker that was told to stop may go on with its job before it puts it back."""
    encoders_at_once: int = Field(default=0, ge=0)
    """Encodes that all workers of this host run at once; 0 takes the number of cores."""
    gpu_at_once: int = Field(default=1, ge=1)
    """Steps on the graphics card that all workers of this host run at once."""
    cost_cpu_hour: float = Field(default=0.0, ge=0)
    """Dollars for one CPU hour, for the ledger."""
    cost_gigabyte_out: float = Field(default=0.0, ge=0)
    """Dollars for one gigabyte moved over the network."""

    cost_storage_puts: float = Field(default=0.0, ge=0)
    """Dollars for a thousand PUT, POST and LIST requests to the bucket."""
    cost_storage_gets: float = Field(default=0.0, ge=0)
    """Dollars for a thousand GET and HEAD requests to the bucket."""
    cost_storage_month: float = Field(default=0.0, ge=0)
    """Dollars for a gigabyte kept in the bucket for a month; a job is charged with the first."""
    s3_bucket: str = ""
    """The bucket that results go to; empty keeps them on this machine."""
    s3_prefix: str = ""
    """Comes before every key in the bucket, such as `cutroom/`."""
    s3_endpoint: str = ""
    """Address of an S3-compatible store; empty is Amazon's own."""
    s3_region: str = ""
    """The bucket's region; empty takes what boto3 finds."""
    s3_access_key: SecretStr | None = None
    """Key to the bucket; without it boto3 looks in its variables, profiles and roles."""
    s3_secret_key: SecretStr | None = None
    """The secret that belongs to it."""
    scratch_limit: int = Field(default=100 * 2**30, ge=0)
    """Bytes of blobs kept on this machine; beyond, those longest unused go. 0 is no limit."""
    share_every: float = Field(default=60.0, ge=0)
    """How often a running job's finished steps go to the bucket, so that another host can go on;
    0 for never."""

    result_storage: str = ""
    """A block of the Prefect server that keeps the steps' results, such as `s3-bucket/results`;
    empty keeps them in the data folder, which asks the bucket for nothing."""

    @property
    def bucket(self) -> Bucket | None:
        """Return the bucket that results go to, if one is set."""
        if not self.s3_bucket:
            return None
        prefix = self.s3_prefix.strip("/")
        return Bucket(
            name=self.s3_bucket,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=self.s3_endpoint or None,
            region=self.s3_region or None,
            access_key=self.s3_access_key,
            secret_key=self.s3_secret_key,
        )

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
        return (self.model_folder or self.home / "models").resolve()

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
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
