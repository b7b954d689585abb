"""Uploads: people send their files to the bucket, not through us, and we fetch them once."""

import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from cutroom.records.upload import Uploaded, UploadForm
from cutroom.storage.lifecycle import UPLOADS
from cutroom.storage.local import room_to_write
from cutroom.storage.objects import Objects
from cutroom.storage.patience import Refused

FORM_LASTS = 3600
"""Seconds. An upload has to begin within them; how long it then takes does not matter."""
_NAME_FIELD = "x-amz-meta-name"
_LONGEST_NAME = 300
"""Characters of an owner's file name, percent-encoded: S3 gives all such fields 2 kB."""


def new_upload(objects: Objects, owner: str, max_bytes: int, file_name: str = "") -> UploadForm:
    """Return a form by which its holder may put one file, of limited size, under one key.

    A signed PUT could not limit the size; a signed POST does, and the store itself sees to it.

    Args:
        objects: The bucket.
        owner: Whose upload it will be; only orders of the same owner may name it.
        max_bytes: The largest file that the store shall take.
        file_name: What the owner calls the file, kept for titles.
    """
    key = f"{_folder(owner)}{uuid4().hex}"
    target = objects.target(key)
    fields = {_NAME_FIELD: quote(file_name)[:_LONGEST_NAME]}
    signed: dict[str, Any] = objects.client.generate_presigned_post(
        **target,
        Fields=fields,
        Conditions=[["content-length-range", 1, max_bytes], fields],
        ExpiresIn=FORM_LASTS,
    )
    return UploadForm(
        key=key,
        url=signed["url"],
        fields=signed["fields"],
        max_bytes=max_bytes,
        expires_in=FORM_LASTS,
    )


def is_upload_of(key: str, owner: str) -> bool:
    """Say whether a key is one that `new_upload` gave to that owner."""
    folder = _folder(owner)
    return key.startswith(folder) and re.fullmatch(r"[0-9a-f]{32}", key[len(folder) :]) is not None


class BucketUploads:
    """The uploads in a bucket."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def find(self, key: str) -> Uploaded | None:
        """Return what has arrived under a key; None when nothing has, or it is gone again."""
        asked, target = self._objects, self._objects.target(key)
        try:
            found = asked.ask(lambda: asked.client.head_object(**target), "looking for an upload")
        except Refused:
            return None
        return Uploaded(
            size_bytes=found["ContentLength"],
            version=found["ETag"],
            file_name=unquote(found.get("Metadata", {}).get("name", "")),
        )

    def download(self, key: str, uploaded: Uploaded, target: Path) -> bool:
        """Download an upload to a path; say whether it was still there and still the same."""
        part = target.with_name(f"{target.name}.part")
        try:
            with room_to_write(), part.open("wb") as file:
                self._objects.receive(key, file, uploaded.size_bytes, uploaded.version)
            part.replace(target)
        except Refused:
            return False
        finally:
            part.unlink(missing_ok=True)
        return True


def sign_link(objects: Objects, name: str, seconds: int) -> str:
    """Return an address by which anyone may get an object for a while; a secret like a key."""
    return str(
        objects.client.generate_presigned_url(
            "get_object", Params=objects.target(name), ExpiresIn=seconds
        )
    )


def _folder(owner: str) -> str:
    """Return where an owner's uploads lie: readable, and never another owner's folder."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", owner).strip("-")[:40]
    return f"{UPLOADS}{plain}-{hashlib.sha256(owner.encode()).hexdigest()[:12]}/"
