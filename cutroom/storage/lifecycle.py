"""What a bucket does by itself: forget uploads and broken parts, put masters into the archive."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from cutroom.storage.objects import Objects
from cutroom.storage.patience import Refused

UPLOADS = "uploads/"
"""Where people's uploads wait for their job; nothing else lies there."""
STEPS = "steps/"
"""Where running jobs leave what they have so far, for another host to go on with."""
MASTERS = "masters/"
"""Lossless copies: large, and looked at seldom if ever."""
_UPLOAD_DAYS = 1
"""A job fetches its upload within the hour; a day leaves room for a queue."""
_PARTS_DAYS = 1
_STEPS_DAYS = 7
"""A job that nobody took up for a week begins anew."""
_GLACIER_DAYS = 0


def apply_rules(objects: Objects) -> list[str]:
    """Set the rules, beside others that the bucket has; may be done again at any time.

    Returns:
        One sentence for each rule.

    Raises:
        StorageDenied: The key may not set rules, or the store knows none.
        StorageUnavailable: The store does not answer.
    """
    rules = _rules(objects.bucket.prefix)
    ours = {rule["ID"] for rule in rules}
    others = [rule for rule in read_rules(objects) if rule.get("ID") not in ours]
    objects.ask(
        lambda: objects.client.put_bucket_lifecycle_configuration(
            Bucket=objects.bucket.name, LifecycleConfiguration={"Rules": [*others, *rules]}
        ),
        "setting the bucket's rules",
    )
    return [
        f"uploads are gone after {_UPLOAD_DAYS} day",
        f"uploads in parts that broke off are gone after {_PARTS_DAYS} day",
        f"steps of jobs that nobody finished are gone after {_STEPS_DAYS} days",
        "masters go to Glacier",
    ]


def read_rules(objects: Objects) -> list[dict[str, Any]]:
    """Return the rules that the bucket has."""
    try:
        found = objects.ask(
            lambda: objects.client.get_bucket_lifecycle_configuration(Bucket=objects.bucket.name),
            "reading the bucket's rules",
        )
    except Refused:  # it has none
        return []
    return list(found.get("Rules", ()))


def abandon_multiparts(objects: Objects, older_than: float, beginning: str = "") -> int:
    """Abort uploads in parts that nobody finished; return how many there were.

    The rule does so once a day; this is for stores without rules, and for those who will not wait.

    Args:
        objects: The bucket.
        older_than: Seconds since they began; a younger one may be someone's work.
        beginning: Of the names of the objects they were to become.
    """
    begins = objects.bucket.key(beginning)

    def list_all() -> list[dict[str, Any]]:
        pages = objects.client.get_paginator("list_multipart_uploads")
        found = pages.paginate(Bucket=objects.bucket.name, Prefix=begins)
        return [upload for page in found for upload in page.get("Uploads", ())]

    def abort(upload: dict[str, Any]) -> None:
        target = {"Bucket": objects.bucket.name, "Key": upload["Key"]}
        with suppress(Refused):  # someone was faster
            objects.ask(
                lambda: objects.client.abort_multipart_upload(
                    **target, UploadId=upload["UploadId"]
                ),
                "aborting an upload",
            )

    now = datetime.now(UTC)
    old = [
        upload
        for upload in objects.ask(list_all, "listing unfinished uploads")
        if (now - upload["Initiated"]).total_seconds() >= older_than
    ]
    for upload in old:
        abort(upload)
    return len(old)


def _rules(prefix: str) -> list[dict[str, Any]]:
    def rule(name: str, under: str, **what: Any) -> dict[str, Any]:
        # Named after the prefix: two installations may share one bucket.
        title = f"cutroom {prefix}{name}"
        return {"ID": title, "Status": "Enabled", "Filter": {"Prefix": prefix + under}, **what}

    return [
        rule("uploads", UPLOADS, Expiration={"Days": _UPLOAD_DAYS}),
        rule("steps", STEPS, Expiration={"Days": _STEPS_DAYS}),
        rule("masters", MASTERS, Transitions=[{"Days": _GLACIER_DAYS, "StorageClass": "GLACIER"}]),
        rule("parts", "", AbortIncompleteMultipartUpload={"DaysAfterInitiation": _PARTS_DAYS}),
    ]
