"""Where a bucket is, and the one client that speaks to it."""

from typing import Any

from pydantic import Field, SecretStr

from cutroom.records.base import Record
from cutroom.storage.meter import Meter

PARALLEL = 6
"""Requests under way at once: one alone fills neither a fast line nor a store's many disks, and
a part waiting in memory is 16 MB."""
_CONNECT_LIMIT = 10.0
"""Seconds to reach the store; one that is up answers in a fraction of one."""
_SILENCE_LIMIT = 60.0
"""Seconds without a byte; a store may think that long about the end of a large upload."""


class Bucket(Record):
    """A bucket of any S3-compatible store."""

    name: str = Field(min_length=1)
    prefix: str = Field(default="", pattern=r"^([^/]+/)*$")
    """Comes before every key; empty, or ends with a slash."""
    endpoint: str | None = None
    """Address of the store; None is Amazon's own for the region."""
    region: str | None = None
    """None takes what boto3 finds, else us-east-1."""
    access_key: SecretStr | None = None
    """None leaves it to boto3's chain: variables, profile, the machine's role."""
    secret_key: SecretStr | None = None

    def key(self, name: str) -> str:
        """Return the whole key of an object."""
        return self.prefix + name


def connect(bucket: Bucket, meter: Meter) -> Any:
    """Return a client, safe to share between threads, whose every request is counted.

    Its own retries are off: they honour no Retry-After, and each try has to be counted and told
    from the others. `patience` tries again instead.
    """
    import boto3  # noqa: PLC0415  slow to import, and most commands need none
    from botocore.config import Config  # noqa: PLC0415

    session = boto3.session.Session(
        aws_access_key_id=_plain(bucket.access_key),
        aws_secret_access_key=_plain(bucket.secret_key),
        region_name=bucket.region,
    )
    client = session.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=session.region_name or "us-east-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if bucket.endpoint else "auto"},
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=_CONNECT_LIMIT,
            read_timeout=_SILENCE_LIMIT,
            max_pool_connections=PARALLEL + 2,
            # Every body is sent with its SHA-256 and checked by it; botocore's own would be a
            # second checksum that not every compatible store takes.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    client.meta.events.register("before-send.s3", meter.asked)
    return client


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
