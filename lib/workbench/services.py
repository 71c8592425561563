"""Clients of AWS's services but S3, and what the errors of all of them mean to a person."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from workbench.errors import RequestError, ServiceError

Result = TypeVar("Result")
ATTEMPTS = 8  # of one request, with pauses that grow
NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired")
UNKNOWN = (
    "InvalidAccessKeyId",
    "InvalidToken",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
)
DENIED = (
    "AccessDeniedException",
    "AccessDenied",
    "AllAccessDisabled",
    "Forbidden",
    "403",
    "UnauthorizedOperation",
)
FULL = (
    "ResourceNumberLimitExceededException",
    "TooManyRequestsException",
    "LimitExceededException",
)
ASK = "Ask for it, or set AWS_PROFILE to another."
_making = threading.Lock()


def client(service: str) -> Any:
    """A client of one of AWS's services, by the settings of the environment."""
    with _making:
        return made_client(os.getpid(), service)


@cache
def made_client(process: int, service: str) -> Any:
    session = made_session(service)
    from botocore.config import Config

    return asked(
        service,
        lambda: client_of(
            session, service, Config(retries={"total_max_attempts": ATTEMPTS, "mode": "standard"})
        ),
    )


def client_of(session: Any, service: str, config: Any) -> Any:
    """A client. Raises RequestError for an endpoint that is no address."""
    region = os.environ.get("AWS_REGION")  # which boto3 itself does not read
    try:
        return session.client(service, region_name=region, config=config)
    except ValueError as error:
        raise RequestError(
            f"{service}: {error}. AWS_ENDPOINT_URL, or endpoint_url of the profile, is an address "
            "that begins with http:// or https://, for example http://127.0.0.1:9000."
        ) from error


def made_session(what: str) -> Any:
    """The settings of AWS: of the environment, and of its profile."""
    try:
        import boto3
    except ImportError as error:
        raise RequestError(
            f"{what}: the package boto3 is needed for AWS and is not installed. Install "
            "workbench[aws], or boto3 beside it."
        ) from error
    return asked(what, boto3.session.Session)


def region(what: str) -> str:
    """The region that is set. Raises ServiceError where none is, or no credentials are.

    Nothing is asked for that. S3 alone would be asked without a region, wherever that leads.
    """
    session = made_session(what)
    found = os.environ.get("AWS_REGION") or session.region_name
    if not found:
        raise ServiceError(meant(what, "NoRegionError", ""), "NoRegionError")
    if asked(what, session.get_credentials) is None:
        raise ServiceError(meant(what, "NoCredentialsError", ""), "NoCredentialsError")
    return str(found)


def asked(what: str, request: Callable[[], Result]) -> Result:
    """A request's answer. Raises ServiceError in a sentence that begins with `what`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return request()
    except ClientError as error:
        said = error.response.get("Error", {})
        code, message = str(said.get("Code", "")), str(said.get("Message", ""))
        raise ServiceError(meant(what, code, message), code) from error
    except BotoCoreError as error:
        code = type(error).__name__
        raise ServiceError(meant(what, code, str(error)), code) from error


def no_permission(message: str) -> str:
    """Which permission a message of AWS says is missing; empty where it says something else."""
    found = re.search(r"perform: (\S+)(?: on resource: (\S+))?", message)
    if not found:
        return ""
    where = f" on {found[2]}" if found[2] else ""
    return f"there is no permission {found[1]}{where}. {ASK}"


def meant(what: str, code: str, message: str) -> str:
    """What an error of a service means to a person, and what to do."""
    if code in DENIED:
        denied = f"there is no permission ({message}). {ASK}"
        return f"{what}: {no_permission(message) or denied}"
    if code in NO_CREDENTIALS:
        return (
            f"{what}: there are no credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY."
        )
    if code in EXPIRED:
        return (
            f"{what}: the credentials have expired ({code}). Fetch new ones (for example aws sso "
            "login), and run again."
        )
    if code in UNKNOWN:
        return (
            f"{what}: it does not know the credentials ({code}). Check AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_PROFILE."
        )
    if code == "NoRegionError":
        return f"{what}: no region is set. Set AWS_REGION."
    if code == "ProfileNotFound":
        return f"{what}: {message}. Check AWS_PROFILE."
    if code in FULL:
        return (
            f"{what}: a limit of the account is reached ({message}). Wait until something else of "
            "it has ended, take less, or ask AWS for more (Service Quotas)."
        )
    if code in ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"):
        return f"{what}: AWS does not answer ({code}). Check the network, and AWS_REGION."
    return f"{what}: this is refused ({code}): {message}"
