"""Places on S3: whole or not at all, as expected or not at all, and a sentence for each refusal."""

from __future__ import annotations

import json
import os
import pickle
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from support.cloud import answer, cut, faults
from workbench import services
from workbench.errors import RequestError, StorageError, Taken
from workbench.storage import download, place_of, s3, s3_answers, store_of
from workbench.storage.downloads import PIECE
from workbench.storage.s3_place import Part, S3Place

pytestmark = pytest.mark.cloud


def test_files_are_written_listed_read_in_ranges_and_removed(bucket: str) -> None:
    folder = store_of(f"{bucket}/a/b/")
    assert str(folder) == f"{bucket}/a/b" and folder.name == "b" and not folder.exists()
    for name in ("x", "c/y"):
        folder.join(name).write(b"0123456789")
    there = place_of(f"{bucket}/a/b/x")
    assert there.exists() and there.size() == 10 and there.read() == b"0123456789"
    assert there.read(2, 5) == b"234" and there.read(7) == b"789" and there.read(3, 3) == b""
    assert [tuple(f) for f in folder.files()] == [(f"{folder}/c/y", 10), (f"{folder}/x", 10)]
    assert there.read(10, 20) == there.read(12) == b""
    assert there.look(3) == (b"012", 10, there.mark()) and there.look(20).head == b"0123456789"
    folder.join("empty").write(b"")
    assert folder.join("empty").look(5) == (b"", 0, folder.join("empty").mark())
    folder.remove([f"{folder}/empty"])
    assert pickle.loads(pickle.dumps(there)).read() == b"0123456789"
    folder.remove([f"{folder}/x", f"{folder}/never there"])
    assert [f.address for f in folder.files()] == [f"{folder}/c/y"]


def test_a_stream_reads_only_the_ranges_that_are_asked_for(bucket: str) -> None:
    data = bytes(range(256)) * 40
    place_of(f"{bucket}/x").write(data)
    with faults("HeadObject") as asked, faults("GetObject") as sent:
        stream = place_of(f"{bucket}/x").open(1000)
        assert stream.read(10) == data[:10] and stream.read(10) == data[10:20]
        assert len(sent) == 1
        stream.seek(5000)
        assert stream.readline() == data[5000 : data.index(b"\n", 5000) + 1]
        stream.seek(0)
        assert stream.read() == data and not asked
        assert place_of(f"{bucket}/x").open().seek(-1, os.SEEK_END) == len(data) - 1 and asked
    with pytest.raises(FileNotFoundError):
        place_of(f"{bucket}/y").open().read(1)
    place_of(f"{bucket}/y").write(b"")
    assert place_of(f"{bucket}/y").open().read(1) == b""


def test_an_object_that_changes_while_it_is_read_is_an_error(bucket: str) -> None:
    place_of(f"{bucket}/x").write(b"a" * 5000)
    with place_of(f"{bucket}/x").open(1000) as stream:
        stream.read(10)
        place_of(f"{bucket}/x").write(b"b" * 5000)
        stream.seek(3000)
        with pytest.raises(StorageError, match="was changed or removed while it was read"):
            stream.read(10)


def test_of_many_who_create_or_replace_one_wins(bucket: str) -> None:
    def outcome(write: Any, *arguments: Any) -> str:
        try:
            return str(write(*arguments))
        except Taken:
            return ""

    there = store_of(f"{bucket}/pointer")
    with ThreadPoolExecutor(8) as threads:
        bodies = [b"%d" % n for n in range(8)]
        made = [tag for tag in threads.map(lambda b: outcome(there.create, b), bodies) if tag]
        assert len(made) == 1
        bodies = [b"then %d" % n for n in range(8)]
        replace = list(threads.map(lambda b: outcome(there.replace, b, made[0]), bodies))
    assert sum(map(bool, replace)) == 1
    found = there.tagged()
    assert found and found[1] in replace and found[0].startswith(b"then")
    assert store_of(f"{bucket}/none").tagged() is None


def test_a_request_whose_answer_was_lost_has_been_done(bucket: str) -> None:
    there: Any = store_of(f"{bucket}/x")

    def done_but_cut(request: Any) -> None:
        s3.made_client.__wrapped__(0).put_object(Bucket=there.bucket, Key="x", Body=b"mine")
        raise ConnectionClosedError(endpoint_url=request.url)

    with faults("PutObject", done_but_cut):
        tag = there.create(b"mine")
    assert there.tagged() == (b"mine", tag)


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (answer(503, "SlowDown"), s3_answers.ATTEMPTS),
        (answer(500, "InternalError"), s3_answers.ATTEMPTS),
        (ReadTimeoutError(endpoint_url="x"), s3_answers.LOST),
        (ConnectionClosedError(endpoint_url="x"), s3_answers.LOST),
        (cut(10, b"012"), s3_answers.LOST),
    ],
    ids=["slow down", "internal", "timeout", "closed", "cut in the middle"],
)
def test_what_may_pass_is_tried_again_and_then_said(bucket: str, fault: Any, tries: int) -> None:
    there = place_of(f"{bucket}/x")
    there.write(b"0123456789")
    with faults("GetObject", fault, fault) as sent:
        assert there.read() == b"0123456789"
    assert len(sent) == 3
    with (
        faults("GetObject", *[fault] * tries) as sent,
        pytest.raises(StorageError, match=rf"x: the store does not do.*in {tries} tries"),
    ):
        there.read()
    assert len(sent) == tries


def test_a_store_that_puts_off_is_given_half_a_minute(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(s3_answers, "FIRST_PAUSE", 0.25)
    # Not Python's own module, by which other threads sleep.
    clock = SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic)
    monkeypatch.setattr(s3_answers, "time", clock)
    there = place_of(f"{bucket}/x")
    with faults("PutObject", *[answer(503, "SlowDown")] * (s3_answers.ATTEMPTS - 1)):
        there.write(b"0")
    assert there.read() == b"0" and 30 < sum(pauses) < 40


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (answer(404, "NoSuchBucket"), "there is no bucket b"),
        (answer(403, "AccessDenied"), r"x: there is no permission s3:ListBucket\. Ask"),
        (
            answer(
                403,
                "AccessDenied",
                said="User: u is not authorized to perform: kms:X on "
                "resource: arn:k because no policy allows it",
            ),
            r"no permission kms:X on arn:k\. .* The bucket b.* encrypts with this key of AWS KMS",
        ),
        (
            answer(400, "KMS.DisabledException"),
            r"the key of AWS KMS that .* is disabled \(no\)\. Ask",
        ),
        (answer(400, "KMS.NotFoundException"), r"encrypts with is not there, or is in another reg"),
        (answer(400, "KMS.KMSInvalidStateException"), "cannot be used as it is; it may wait"),
        (answer(400, "ExpiredToken"), "the credentials have expired"),
        (answer(403, "InvalidAccessKeyId"), "does not know the credentials"),
        (answer(403, "RequestTimeTooSkewed"), "the clock of this machine is wrong"),
        (NoCredentialsError(), "there are no credentials. Set AWS_PROFILE"),
        (
            answer(301, "PermanentRedirect", **{"x-amz-bucket-region": "sa-east-1"}),
            "in another region .* It is in sa-east-1. Set AWS_REGION",
        ),
        (
            answer(400, "AuthorizationHeaderMalformed", region="sa-east-1"),
            "in another region .* It is in sa-east-1. Set AWS_REGION",
        ),
    ],
)
def test_each_refusal_has_its_own_sentence(bucket: str, fault: Any, said: str) -> None:
    with faults("ListObjectsV2", fault, fault), pytest.raises(StorageError, match=said):
        list(place_of(f"{bucket}/x").files())


def test_a_store_that_does_not_say_where_a_bucket_is_is_asked_once(bucket: str) -> None:
    elsewhere = [answer(301, "PermanentRedirect")] * 9
    with (
        faults("ListObjectsV2", *elsewhere),
        faults("HeadBucket", *elsewhere) as asked,
        pytest.raises(StorageError, match="in another region than the one that was asked"),
    ):
        list(place_of(f"{bucket}/x").files())
    assert len(asked) == 1


def test_a_refusal_without_words_is_asked_for_them(bucket: str) -> None:
    there = place_of(f"{bucket}/x")
    for status, code, said in (
        (400, "ExpiredToken", "the credentials have expired"),
        (403, "AccessDenied", "there is no permission s3:GetObject"),
    ):
        bare = [answer(status, str(status))] * 2
        refusal = pytest.raises(StorageError, match=said)
        with faults("HeadObject", *bare), faults("GetObject", answer(status, code)), refusal:
            there.exists()


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    with pytest.raises(StorageError, match="there is no bucket nowhere"):
        list(place_of("s3://nowhere/x").files())
    with pytest.raises(RequestError, match="gs: is no place that is known"):
        place_of("gs://bucket/x")


@pytest.mark.parametrize("service", ["s3", "glue"])
def test_an_endpoint_that_is_no_address_is_told_as_that(
    bucket: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:9000")
    s3.made_client.cache_clear()
    services.made_client.cache_clear()
    with pytest.raises(RequestError, match=r"Invalid endpoint: 127.* AWS_ENDPOINT_URL, or .*http:"):
        place_of(f"{bucket}/x").read() if service == "s3" else services.client(service)


def test_a_file_that_comes_has_two_pieces_in_memory(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 3 * PIECE

    def part(_: Any, start: int, end: int, tag: str) -> Part | None:
        return Part(b"0" * (min(end, size) - start), "x", size) if start < size else None

    monkeypatch.setattr(S3Place, "part", part)
    tracemalloc.start()
    try:
        download(store_of(f"{bucket}/large"), tmp_path / "x")
        assert tracemalloc.get_traced_memory()[1] < 2.5 * PIECE
    finally:
        tracemalloc.stop()
    assert (tmp_path / "x").stat().st_size == size


def test_a_server_that_is_not_there_is_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = EndpointConnectionError(endpoint_url="x")
    with (
        faults("PutObject", *[fault] * s3_answers.LOST),
        pytest.raises(StorageError, match=r"the connection fails \(EndpointConnectionError\)"),
    ):
        place_of(f"{bucket}/x").write(b"")


@pytest.mark.parametrize("fault", [answer(403, "AccessDenied"), KeyboardInterrupt()])
def test_an_upload_that_fails_leaves_nothing(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr("workbench.storage.s3_place.PART", 5 << 20)
    file, there = tmp_path / "file", cast(Any, store_of(f"{bucket}/x"))
    file.write_bytes(b"0123456789" * (1 << 20))
    with faults("UploadPart", None, fault), pytest.raises((StorageError, KeyboardInterrupt)):
        there.upload(file)
    assert not there.exists()
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=there.bucket)
    with faults("UploadPart", answer(503, "SlowDown"), ConnectionClosedError(endpoint_url="x")):
        there.upload(file)
    assert there.read() == file.read_bytes()


class Role(BaseHTTPRequestHandler):
    """Gives whoever asks the keys of the machine that is named in the path."""

    def do_GET(self) -> None:
        machine = self.path.strip("/")
        told = {
            "AccessKeyId": f"role of {machine}",
            "SecretAccessKey": "s",
            "Token": "t",
            "Expiration": "2999-01-01T00:00:00Z",
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def roles() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Role) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_keys_of_a_machines_role_are_told_to_nobody_and_no_worker_keeps_those_of_another(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a driver tells, and as whom an executor asks then: first, and after others' tasks."""

    def asks() -> str:
        store_of(bucket).join("x").write(b"1")
        return str(s3.client()._request_signer._credentials.access_key)

    kept = dict(os.environ)
    others = s3.access()
    assert others["AWS_ACCESS_KEY_ID"] == "k"
    for name in s3.KEYS:
        monkeypatch.delenv(name, raising=False)
    s3.own_access.cache_clear()
    try:
        with roles() as address:
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{address}/driver")
            told = s3.access()
            assert "AWS_ENDPOINT_URL" in told and not told.keys() & {*s3.KEYS}
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{address}/executor")
            s3.made_client.cache_clear()
            for given, who in (
                (told, "role of executor"),
                (others, "k"),
                (told, "role of executor"),
            ):
                s3.take_access(given)
                assert asks() == who
    finally:
        for name in (*s3.KEYS, *s3.WHERE):
            os.environ.pop(name, None)
        os.environ.update(kept)
        s3.own_access.cache_clear()
