"""What S3 answers: tried again where that can help, else told to a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from workbench.errors import StorageError, Taken
from workbench.services import ASK, DENIED, meant, no_permission

Result = TypeVar("Result")
ATTEMPTS = 9  # of one request that is put off, with pauses that double: half a minute in all
LOST = 6  # of one that is not answered, which may take a minute to be known each time
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
GONE = ("NoSuchKey", "404", "NotFound")
ENDED = ("NoSuchUpload",)
BEHIND = ("InvalidRange", "416")  # what is asked for begins where the object has ended
BUSY = (
    "SlowDown",
    "503",
    "500",
    "InternalError",
    "ServiceUnavailable",
    "RequestTimeout",
    "Throttling",
    "ThrottlingException",
    "ConditionalRequestConflict",
    "KMS.ThrottlingException",
)
KEY_IS = {  # what may be said of the key that a bucket encrypts with
    "KMS.DisabledException": "is disabled",
    "KMS.NotFoundException": "is not there, or is in another region",
    "KMS.KMSInvalidStateException": "cannot be used as it is; it may wait to be deleted",
    "KMS.InvalidKeyUsageException": "is not one to encrypt with",
}
ELSEWHERE = (
    "PermanentRedirect",
    "301",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
)
PERMISSIONS = {  # where an action is not called as the operation that it allows
    "read": "GetObject",
    "head object": "GetObject",
    "list objects v2": "ListBucket",
    "list object versions": "ListBucketVersions",
    "list multipart uploads": "ListBucketMultipartUploads",
    "create multipart upload": "PutObject",
    "upload part": "PutObject",
    "complete multipart upload": "PutObject",
    "copy object": "PutObject",
    "delete objects": "DeleteObject",
}


class InBucket(Protocol):
    """A place that is asked for; as text it is its address."""

    bucket: str


def asking(
    place: InBucket, what: str, request: Callable[[], Result], none: Sequence[str] = ()
) -> Result:
    """A request's answer. Raises Taken, FileNotFoundError, or StorageError in a sentence."""
    from botocore import exceptions as faults
    from urllib3 import exceptions as cuts

    lost = (
        faults.HTTPClientError,  # timeouts, connections refused and cut
        faults.ConnectionError,
        faults.ResponseStreamingError,
        faults.IncompleteReadError,
        faults.FlexibleChecksumError,
        cuts.HTTPError,
        ConnectionError,
        TimeoutError,
    )
    pause, began = FIRST_PAUSE, time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        last = attempt == ATTEMPTS
        try:
            return request()
        except faults.ClientError as error:
            code = code_of(error)
            if code in none:
                return None  # type: ignore[return-value]
            said, busy = f"it answers {code}", code in BUSY
            if not busy:
                raise told(place, what, code, error) from error
            cause: Exception = error
        except lost as error:
            said, cause = f"the connection fails ({type(error).__name__})", error
            last = attempt >= LOST
        except faults.BotoCoreError as error:
            raise told(place, what, type(error).__name__, error) from error
        if last:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    raise StorageError(
        f"{place}: the store does not do what is asked ({what}): {said}, in {attempt} tries over "
        f"{time.monotonic() - began:.0f} seconds. Tables are the old ones or the new ones, whole. "
        "Run again when it answers."
    ) from cause


def code_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def words_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message", "")).rstrip(".")


def said_by(error: Exception) -> str:
    """The code of the store's answer that an error was made from; empty where it did not answer."""
    cause = error.__cause__
    return code_of(cause) if hasattr(cause, "response") else ""


def missing(place: InBucket) -> FileNotFoundError:
    return FileNotFoundError(2, "There is no such object", str(place))


def told(place: InBucket, what: str, code: str, error: Any) -> Exception:
    """What an error of the store means to a person."""
    bucket = place.bucket
    if code in GONE:
        return missing(place)
    if code in ("PreconditionFailed", "412"):
        return Taken(f"{place} is not as it was: another run has written it.")
    if code == "NoSuchBucket":
        return StorageError(f"{place}: there is no bucket {bucket}. Check its name, or create it.")
    if code == "RequestTimeTooSkewed":
        return StorageError(f"{place}: the clock of this machine is wrong ({error}). Set it.")
    if code in ELSEWHERE:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        told = error.response.get("Error", {}).get("Region", "")
        region = headers.get("x-amz-bucket-region", told)
        where = f" It is in {region}." if region else ""
        return StorageError(
            f"{place}: the bucket {bucket} is in another region than the one that was asked."
            f"{where} Set AWS_REGION to its region."
        )
    if code in KEY_IS:
        return StorageError(
            f"{place}: the key of AWS KMS that the bucket {bucket} encrypts with {KEY_IS[code]} "
            f"({words_of(error)}). Ask who keeps the key, or give the bucket another."
        )
    denied = no_permission(str(error)) if code in DENIED else ""
    if "permission kms:" in denied:
        return StorageError(
            f"{place}: {denied} The bucket {bucket} encrypts with this key of "
            "AWS KMS: both its policy and the one of who asks must allow it."
        )
    if code in DENIED:
        missed = f"there is no permission {permission(what)}. {ASK}"
        return StorageError(f"{place}: {denied or missed}")
    return StorageError(meant(str(place), code, str(error)))


def permission(what: str) -> str:
    """The action that an operation takes, as policies call it."""
    return f"s3:{PERMISSIONS.get(what) or what.title().replace(' ', '')}"
