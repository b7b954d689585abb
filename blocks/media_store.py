"""Where results go that every host can reach."""

from pathlib import Path
from typing import Self

from prefect.blocks.core import Block
from prefect_aws import AwsCredentials, S3Bucket
from prefect_aws.client_parameters import AwsClientParameters
from pydantic import Field, HttpUrl, SecretStr

from blocks.kinds import DOCUMENTATION, NAME
from blocks.settings import Settings


class MediaStore(Block):
    """A bucket of any S3-compatible store, by prefect-aws' own blocks for bucket and keys."""

    _block_type_name = "Cutroom Media Store"
    _block_type_slug = "cutroom-media-store"  # the server's key for saved blocks: never rename
    _description = "The bucket that results go to, and how much of it a host keeps at hand."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```python
from prefect_aws import S3Bucket

from blocks.media_store import MediaStore

MediaStore(bucket=S3Bucket.load("cutroom")).save("cutroom", overwrite=True)
```
"""

    bucket: S3Bucket = Field(description="The bucket, its folder and its keys.")
    scratch_limit: int | None = Field(
        default=None, ge=0, description="Bytes of blobs kept on each host; empty keeps the usual."
    )

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""
        if not chosen.s3_bucket:
            return None
        return cls(
            bucket=_saved_bucket(chosen),
            scratch_limit=chosen.scratch_limit
            if "scratch_limit" in chosen.model_fields_set
            else None,
        )

    def variables(self, home: Path) -> dict[str, str]:  # noqa: ARG002  part of the contract
        """Return the `CUTROOM_*` variables that say the same."""
        bucket = self.bucket
        said: dict[str, str | None] = {
            "CUTROOM_S3_BUCKET": bucket.bucket_name,
            "CUTROOM_S3_PREFIX": bucket.bucket_folder,
            "CUTROOM_SCRATCH_LIMIT": None
            if self.scratch_limit is None
            else str(self.scratch_limit),
            **_keys(bucket),
        }
        return {name: value for name, value in said.items() if value}


def _keys(bucket: S3Bucket) -> dict[str, str | None]:
    keys = bucket.credentials
    user: str | None
    hidden: SecretStr | None
    if isinstance(keys, AwsCredentials):
        user, hidden = keys.aws_access_key_id, keys.aws_secret_access_key
    else:  # prefect-aws takes MinIO's, too
        user, hidden = keys.minio_root_user, keys.minio_root_password
    return {
        "CUTROOM_S3_ENDPOINT": keys.aws_client_parameters.endpoint_url,
        "CUTROOM_S3_REGION": keys.region_name,
        "CUTROOM_S3_ACCESS_KEY": user,
        "CUTROOM_S3_SECRET_KEY": _plain(hidden),
    }


def _saved_bucket(chosen: Settings) -> S3Bucket:
    """Save prefect-aws' own blocks for the bucket of the settings, and return the bucket's.

    A second document, `results`, is a folder of it for `CUTROOM_RESULT_STORAGE`.
    """
    keys = AwsCredentials(
        aws_access_key_id=_plain(chosen.s3_access_key),
        aws_secret_access_key=chosen.s3_secret_key,
        region_name=chosen.s3_region or None,
        aws_client_parameters=AwsClientParameters(endpoint_url=chosen.s3_endpoint or None),
    )
    keys.save(NAME, overwrite=True)
    for name, folder in (("results", "results"), (NAME, "")):
        place = "/".join(part for part in (chosen.s3_prefix.strip("/"), folder) if part)
        bucket = S3Bucket(
            bucket_name=chosen.s3_bucket, credentials=_loaded_keys(), bucket_folder=place
        )
        bucket.save(name, overwrite=True)
    return _loaded_bucket()


def _loaded_keys() -> AwsCredentials:
    keys = AwsCredentials.load(NAME)
    assert isinstance(keys, AwsCredentials)  # noqa: S101  `load` is also typed for async callers
    return keys


def _loaded_bucket() -> S3Bucket:
    bucket = S3Bucket.load(NAME)
    assert isinstance(bucket, S3Bucket)  # noqa: S101  `load` is also typed for async callers
    return bucket


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
