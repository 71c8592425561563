"""Who asks S3, or what answers as S3 does (MinIO: AWS_ENDPOINT_URL), and with which keys.

boto3 is what AWS Glue brings, and the one library there whose writes can be conditional; pyarrow's
own S3 overwrites in silence, and completes half an object when a writer fails. Credentials, region
and endpoint come from the variables and profiles that every tool of AWS reads.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from workbench.errors import RequestError
from workbench.services import client_of
from workbench.storage.conditions import teach

_making = threading.Lock()


@cache
def made_client(process: int) -> Any:
    """One client per process; its requests are tried once, for the pauses are ours."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise RequestError(
            "s3: the package boto3 is needed for addresses of s3:// and is not installed. Install "
            "workbench[aws], or boto3 beside it."
        ) from error
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=10,
        read_timeout=30,
        max_pool_connections=32,
    )
    made = teach(client_of(boto3.session.Session(), "s3", config))
    made.meta.events.register("before-call.s3.HeadBucket", not_redirected)
    return made


def not_redirected(params: dict[str, Any], **_: Any) -> None:
    """Has boto3 ask a bucket once for its region.

    Of a store that answers "elsewhere" to that too, and does not say where, it would ask on and on,
    until Python's stack is full.
    """
    params["context"].setdefault("s3_redirect", {})["redirected"] = True


def client() -> Any:
    with _making:
        return made_client(os.getpid())


OWN_ROLE = ("iam-role", "container-role")  # credentials of a machine; each has its own
WHERE = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def access() -> dict[str, str]:
    """The variables by which another process asks the store as this one does.

    No keys are among them where this machine has them of its role, as others have of theirs.
    """
    import boto3

    found = {name: os.environ[name] for name in WHERE if name in os.environ}
    session = boto3.session.Session()
    if not {"AWS_REGION", "AWS_DEFAULT_REGION"} & found.keys() and session.region_name:
        found["AWS_REGION"] = session.region_name
    credentials = session.get_credentials()
    if credentials is None or credentials.method in OWN_ROLE:
        return found
    frozen = credentials.get_frozen_credentials()
    keys = (frozen.access_key, frozen.secret_key, frozen.token)
    return found | {name: value or "" for name, value in zip(KEYS, keys, strict=True)}


@cache
def own_access() -> dict[str, str]:
    """What this process had before it was told of any."""
    return {name: os.environ[name] for name in (*WHERE, *KEYS) if name in os.environ}


def take_access(given: dict[str, str]) -> bool:
    """Makes this process ask the store by the variables of another; by its own where that has none.

    A worker may have worked for somebody else before, whose keys it must not use again. Says
    whether they are others than before.
    """
    wanted = own_access() | given
    if all(os.environ.get(name) == wanted.get(name) for name in (*WHERE, *KEYS)):
        return False
    for name in (*WHERE, *KEYS):
        os.environ.pop(name, None)
    os.environ.update(wanted)
    with _making:
        made_client.cache_clear()
    return True
