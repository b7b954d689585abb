"""A store in a bucket of our own."""

import pytest
from object_store import HASTY

from cutroom.storage.s3 import S3Store


@pytest.fixture
def store(bucket) -> S3Store:
    """Return the store, which does not wait long between its tries."""
    return S3Store(bucket, patience=HASTY)
