"""Personal fields: the hash is HMAC-SHA-256, and nobody is named in what comes out."""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.bronze.personal import hashed, protect
from workbench.errors import LakeError, RequestError
from workbench.lake.hash_key import KEY_VARIABLE, lake_key
from workbench.schema.arrow_types import of_arrow
from workbench.schema.kinds import Node, to_json
from workbench.schema.paths import ITEM

KEY = b"key"


def of(value: str, key: bytes = KEY) -> str:
    return hmac.new(key, value.encode(), "sha256").hexdigest()


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


@pytest.mark.parametrize("key", [b"k", b"k" * 64, b"k" * 65, b"k" * 200])
def test_the_hash_is_hmac_sha_256_in_hexadecimal(key: bytes) -> None:
    values = ["Ana", "", "São João", "Ana"]
    assert hashed(pa.array(values), key).to_pylist() == [of(v, key) for v in values]


def test_null_stays_null() -> None:
    assert hashed(pa.array([None, "a", None]), KEY).to_pylist() == [None, of("a"), None]


def test_a_column_of_nulls_alone_stays_so() -> None:
    assert hashed(pa.array([None, None], pa.string()), KEY).null_count == 2


def test_integers_are_hashed_as_their_digits() -> None:
    assert hashed(pa.array([2**63 - 1]), KEY).to_pylist() == [of("9223372036854775807")]


def test_another_key_gives_other_hashes() -> None:
    array = pa.array(["Ana"])
    assert hashed(array, b"a") != hashed(array, b"b")


def test_only_the_personal_paths_are_hashed() -> None:
    array = pa.array([{"name": "Ana", "l": [{"ip": "::1", "n": 1}, None]}, {"name": None, "l": []}])
    personal = frozenset({("name",), ("l", ITEM, "ip")})
    found, node = protect(array, of_arrow(array.type), personal, KEY)
    assert found.to_pylist() == [
        {"l": [{"ip": of("::1"), "n": 1}, None], "name": of("Ana")},
        {"l": [], "name": None},
    ]
    assert to_json(node) == to_json(of_arrow(found.type))


def test_without_personal_paths_nothing_changes() -> None:
    array = pa.array([{"name": "Ana"}])
    assert protect(array, of_arrow(array.type), frozenset(), KEY)[0] is array


def test_a_path_that_is_null_or_absent_is_no_error() -> None:
    array = pa.array([{"name": None}])
    personal = frozenset({("name",), ("absent", "ip")})
    assert protect(array, of_arrow(array.type), personal, KEY)[0].to_pylist() == [{"name": None}]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("struct", r"pii: name is an object.*name\.field"),
        ("list", r"pii: name is an array.*name\[\]"),
        ("text", r"pii: name is sometimes an object or an array"),
    ],
)
def test_only_single_values_can_be_personal(kind: str, message: str) -> None:
    array = pa.array([{"name": "x"}])
    with pytest.raises(RequestError, match=message):
        protect(array, Node("struct", {"name": Node(kind)}), frozenset({("name",)}), KEY)


def test_a_personal_value_inside_json_text_is_an_error_not_a_leak() -> None:
    array = pa.array([{"origin": '{"ip":"::1"}'}])
    node = Node("struct", {"origin": Node("text")})
    with pytest.raises(RequestError, match=r"origin\.ip cannot be hashed: origin has values"):
        protect(array, node, frozenset({("origin", "ip")}), KEY)


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = lake_key(tmp_path / "lake")
    mode = stat.S_IMODE((tmp_path / "lake" / "pii.key").stat().st_mode)
    assert (len(key), mode, lake_key(tmp_path / "lake")) == (64, 0o600, key)


def test_nothing_but_the_key_is_left_behind(tmp_path: Path) -> None:
    lake_key(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["pii.key"]


def test_two_lakes_have_two_keys(tmp_path: Path) -> None:
    assert lake_key(tmp_path / "a") != lake_key(tmp_path / "b")


def test_the_key_of_the_environment_goes_first_and_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "given to all tests")
    assert (lake_key(tmp_path), list(tmp_path.iterdir())) == (b"given to all tests", [])


def test_a_key_that_is_found_by_trying_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pii.key").touch(0o600)
    with pytest.raises(LakeError, match=r"pii\.key is a key of 0 bytes; hashes need one of 16"):
        lake_key(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "x")
    with pytest.raises(LakeError, match=f"{KEY_VARIABLE}: it is a key of 1 bytes"):
        lake_key(tmp_path)


PUT: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(0o700),
    "a link": lambda path: path.symlink_to("nowhere"),
    "a pipe": lambda path: os.mkfifo(path, 0o600),
}


@pytest.mark.parametrize("what", PUT)
def test_what_is_no_file_is_no_key(tmp_path: Path, what: str) -> None:
    PUT[what](tmp_path / "pii.key")
    with pytest.raises(LakeError, match=f"pii.key: .* must be a file of yours .* is {what} of"):
        lake_key(tmp_path)


def test_a_key_that_another_could_have_read_or_put_there_is_refused(tmp_path: Path) -> None:
    lake_key(tmp_path)
    (tmp_path / "pii.key").chmod(0o640)
    with pytest.raises(LakeError, match=r"only you can read .* mode 640.*chmod 600"):
        lake_key(tmp_path)
    (tmp_path / "pii.key").rename(tmp_path / "theirs")
    (tmp_path / "theirs").chmod(0o600)
    (tmp_path / "pii.key").symlink_to("theirs")
    with pytest.raises(LakeError, match="only you can read"):
        lake_key(tmp_path)
