"""The one gate for what an object store says, and how long we try again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from cutroom.records.errors import CutroomError, StorageDenied, StorageUnavailable
from cutroom.records.stopping import the_stop

T = TypeVar("T")

_MAY_HEAL = frozenset(
    (
        *("SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "BadDigest"),
        *("IncompleteBody", "OperationAborted", "ConditionalRequestConflict"),
        "XAmzContentSHA256Mismatch",
    )
)
"""Codes that come with an odd status and are worth another try: what was sent arrived late, in
part or changed, or another request was in its way."""
_NOT_NOW = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep asking. Times are in seconds."""

    tries: int = 9
    """With three answers of ten failing, one request in fifty thousand fails nine times."""
    first_pause: float = 0.2
    longest_pause: float = 20.0
    """Also the most that a Retry-After may make us wait: beyond, the job itself is put off."""

    def pause(self, failed: int, asked_for: float | None) -> float:
        """Return how long to wait after so many failures, spread so that clients part ways."""
        own = min(self.longest_pause, self.first_pause * 2.0 ** (failed - 1))
        spread = own * random.uniform(0.5, 1.0)  # noqa: S311  spreads load, guards nothing
        return min(self.longest_pause, max(spread, asked_for or 0.0))


class Refused(Exception):
    """The store answered with a status that whoever asked has to judge: 404, 412 or 416."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


def persist(
    action: Callable[[], T],
    patience: Patience,
    what: str,
    *,
    judging: tuple[int, ...] = (),
    to_the_end: bool = False,
) -> T:
    """Do what asks an object store, again while that may help.

    Args:
        action: Safe to repeat.
        patience: How often and how slowly.
        what: Such as `uploading clip.mp4`, for the error.
        judging: Statuses that the caller judges, beside those that it always does.
        to_the_end: Whether it is done even though the job is to stop: what clears up after it.

    Raises:
        Refused: The answer is one for the caller to judge.
        StorageDenied: It refuses for good.
        StorageUnavailable: It did not answer well in all these tries.
        CutroomError: The job is to stop, for this reason.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  what a body cut short raises

    for failed in range(1, patience.tries + 1):
        if not to_the_end:
            the_stop().check()
        try:
            return action()
        except ClientError as error:
            answer = error.response
            problem, asked_for = _judge(answer, what, judging), _retry_after(answer)
        except (BotoCoreError, HTTPError, ConnectionError, TimeoutError) as error:
            problem, asked_for = _lost(error, what), None
        if not problem.is_transient or failed == patience.tries:
            # Not chained: botocore's errors may repeat keys and signed addresses.
            raise problem.with_pause(asked_for) from None
        time.sleep(patience.pause(failed, asked_for))
    raise AssertionError(patience)


def _judge(answer: dict[str, Any], what: str, judging: tuple[int, ...]) -> CutroomError:
    """Return the error for an answer; raise what the caller has to judge."""
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(answer.get("Error", {}).get("Code", status))
    if status in judging:
        raise Refused(status, code)
    if (
        code in _MAY_HEAL
        or status in _NOT_NOW
        or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED)
    ):
        return StorageUnavailable(
            f"The object store cannot serve us while {what} ({code}).",
            "Try again in a few minutes; finished steps are kept.",
        )
    if code == "NoSuchBucket":
        return StorageDenied(
            f"The bucket does not exist, found while {what}.",
            "Create it, or correct CUTROOM_S3_BUCKET and CUTROOM_S3_REGION.",
        )
    if status in {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    }:
        raise Refused(status, code)
    return StorageDenied(
        f"The object store refuses {what} ({code}).",
        "Check the keys, their rights to the bucket, and this machine's clock.",
    )


def _lost(error: Exception, what: str) -> CutroomError:
    """Return the error for a request that got no answer."""
    from botocore import exceptions as known  # noqa: PLC0415

    lasting = (
        *(known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError),
        *(known.ProfileNotFound, known.ParamValidationError, known.TokenRetrievalError),
    )
    if isinstance(error, lasting):
        return StorageDenied(
            f"There are no whole credentials for {what} ({type(error).__name__}).",
            "Set CUTROOM_S3_ACCESS_KEY and CUTROOM_S3_SECRET_KEY, or boto3's own variables.",
        )
    return StorageUnavailable(
        f"The connection to the object store failed while {what} ({type(error).__name__}).",
        "Look at the network and at CUTROOM_S3_ENDPOINT, then try again.",
    )


def _retry_after(answer: dict[str, Any]) -> float | None:
    """Return the seconds that the store asks us to wait, where it says so in seconds."""
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else None
