"""A stand-in of S3 on the loopback, and faults in the requests to it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest

from workbench.storage import s3, s3_answers

BUCKET = "lakes"
KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}


@contextmanager
def object_store() -> Iterator[str]:
    """A server that has nothing; its address. One at a time: a process has one store."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
        yield address
    finally:
        server.stop()


def environment(address: str) -> dict[str, str]:
    """What the tools of AWS find it by."""
    return KEYS | {"AWS_ENDPOINT_URL": address, "AWS_EC2_METADATA_DISABLED": "true"}


def make_bucket(address: str, name: str = BUCKET) -> None:
    import boto3

    made = boto3.session.Session("k", "s", region_name="us-east-1")
    made.client("s3", endpoint_url=address).create_bucket(Bucket=name)


@contextmanager
def faults(operation: str, *given: Any) -> Iterator[list[str]]:
    """The next requests of an operation meet these, one each: an answer, or an exception.

    Gives the list of those that were sent, as they come.
    """
    with met(s3.client(), f"s3.{operation}", given) as sent:
        yield sent


@contextmanager
def met(client: Any, operation: str, given: Sequence[Any]) -> Iterator[list[str]]:
    """The same, for a client of any service and `service.Operation`."""
    left, sent = list(given), []

    def meet(request: Any, **_: Any) -> Any:
        sent.append(request.url)
        fault = left.pop(0) if left else None
        if isinstance(fault, BaseException):
            raise fault
        return fault(request) if callable(fault) else fault

    events, name = client.meta.events, f"before-send.{operation}"
    events.register(name, meet)
    try:
        yield sent
    finally:
        events.unregister(name, meet)


def answer(
    status: int, code: str, said: str = "no", region: str = "", **headers: str
) -> Callable[[Any], Any]:
    """An answer of S3 that is an error, and may tell where the bucket is."""
    where = f"<Region>{region}</Region>" if region else ""
    words = f"<Code>{code}</Code><Message>{said}</Message>{where}"
    text = f"<?xml version='1.0'?><Error>{words}</Error>".encode()
    return lambda request: answered(request, status, headers, text)


def refusal(code: str, message: str = "no") -> Callable[[Any], Any]:
    """An error of a service that speaks JSON."""
    text = json.dumps({"__type": code, "message": message}).encode()
    return lambda request: answered(request, 400, {"Content-Type": "application/json"}, text)


def cut(length: int, data: bytes, **headers: str) -> Callable[[Any], Any]:
    """An answer that promises more bytes than come."""
    told = {"Content-Length": str(length), "ETag": '"x"'} | headers
    return lambda request: answered(request, 200, told, data)


def answered(request: Any, status: int, headers: dict[str, str], data: bytes) -> Any:
    from botocore.awsrequest import AWSResponse

    return AWSResponse(request.url, status, headers, Body(data))


class Body(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()

    def release_conn(self) -> None: ...


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with object_store() as address:
        make_bucket(address)
        yield address


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch, request: Any) -> Iterator[str]:
    """An address of a bucket of its own for each test."""
    for name, value in environment(s3_server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(s3_answers, "FIRST_PAUSE", 0.001)
    s3.made_client.cache_clear()
    name = f"b{abs(hash(request.node.nodeid)):x}"
    make_bucket(s3_server, name)
    yield f"s3://{name}"
    s3.made_client.cache_clear()
