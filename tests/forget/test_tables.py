"""Forgetting in the tables of `workbench flatten`: from all of them, and nobody else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.chain import rows, write_dump
from support.people import mentions
from workbench.cli import main
from workbench.convert import Request, flatten_dump, flatten_to_store
from workbench.errors import LakeError, NotWhole, RequestError, StorageError
from workbench.forget import tables_at
from workbench.forget.tables import Asked
from workbench.forget.tables_at import forget_in_tables
from workbench.lake import Versions
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.proof import TablesManifest, manifest_of
from workbench.storage import s3, store_of, swap_if


@pytest.fixture(scope="module")
def sail(sail_session: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
        yield sail_session


def person(key: Any, **more: Any) -> dict[str, Any]:
    lists = {"a": [{"x": f"x of {key}", "b": [f"b of {key}"]}, {"x": "none"}], "t": [[1], [2, 3]]}
    return {"_id": key, "name": f"name of {key}", "nested": {"mail": f"{key}@x.br"}, **lists} | more


KEPT = [person(2), person(31), person(4, a=[], t=None)]
LATER = [person(5, t=None), person(6)]  # the first has no table that others have
HERS = [person(3), '{"_id": 3, "nested": {"mail": "3@x.br"}, "name": ']
CUT = '{"_id": 7, "name": "cut'


def flat(spark: Any, out: Path, documents: list[Any], **more: Any) -> TablesManifest:
    source = write_dump(out.with_name(f"{len(documents)} of {out.name}.json"), documents)
    asked = {"key": "_id"} | more
    flatten_dump(Request(source=[str(source)], **asked), out, lambda: spark)
    return told(out)


def told(out: Path) -> TablesManifest:
    manifest = manifest_of(out)
    assert manifest
    return manifest


def forget(out: Path, key: str, path: str | None = None, **more: bool) -> list[str]:
    return list(forget_in_tables(str(out), Asked(key, path, **more)))


def contents(out: Path) -> dict[str, Any]:
    return {folder.name: rows(folder) for folder in out.iterdir() if folder.is_dir()}


@pytest.mark.parametrize("form", [{}, {"explode": ["a"]}, {"key": "_id,nested.mail"}])
def test_a_person_is_gone_from_every_table_as_if_never_there(
    spark: Any, tmp_path: Path, form: dict[str, Any]
) -> None:
    out, never = tmp_path / "out", tmp_path / "never"
    flat(spark, out, [*HERS, *KEPT], **form)
    flat(spark, never, KEPT, **form)
    for folder in (out, never):
        flat(spark, folder, [LATER[0], CUT], into="append", **form)
    key = "3,3@x.br" if "key" in form else "3"
    tried, before = forget(out, key, dry=True), contents(out)
    assert before != contents(never) and contents(out) == before
    assert forget(out, key) == tried and "_quarantine.parquet: 1 document removed" in tried
    assert contents(out) == contents(never)
    assert not any(mentions(out, f"{what} of 3'") for what in ("x", "b", "name"))
    now = told(out)
    assert {t.table: t.rows for t in now.tables} == {n: len(t) for n, t in contents(out).items()}
    assert (now.documents, now.quarantined) == (5, {"truncated": 1}) and now.forgotten
    for table in now.tables:
        of = {p: f["count"] for p, f in now.fingerprints.items() if p.startswith(f"{table.table}.")}
        assert sum(of.values()) == filled(contents(out)[table.table])
    flat(spark, out, LATER[1:], into="append", **form)
    flat(spark, never, LATER[1:], into="append", **form)
    assert contents(out) == contents(never)
    with pytest.raises(LakeError, match="have nothing of that key"):
        forget(out, key)
    assert not list(tmp_path.glob(".*"))


def filled(table: list[dict[str, Any]]) -> int:
    return sum(value is not None for row in table for value in row.values())


def test_a_field_names_a_person_where_documents_are_told_by_their_place(
    sail: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    twice = [person(3), person(3, a=[{"x": "of another document"}]), person(4)]
    flat(sail, out, twice, key=None)
    with pytest.raises(RequestError, match=r"no key that says who somebody is.*_document, _id, "):
        forget(out, "3")
    assert forget(out, "3", "_id")[:2] == ["root: 2 rows removed", "root_a: 3 rows removed"]
    assert not mentions(out, "of another document")
    assert [row["_id"] for row in contents(out)["root"]] == [4] and told(out).documents == 1


def test_a_hashed_field_is_found_by_its_key_alone(
    sail: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, own = tmp_path / "out", "the key of these hashes"
    monkeypatch.setenv(KEY_VARIABLE, own)
    flat(sail, out, [person(3), person(4)], pii=["name"])
    monkeypatch.setenv(KEY_VARIABLE, "another key than that")
    with pytest.raises(NotWhole, match=f"name is hashed here.*{KEY_VARIABLE}"):
        forget(out, "name of 3", "name")
    monkeypatch.setenv(KEY_VARIABLE, own)
    assert "root: 1 row removed" in forget(out, "name of 3", "name")


def test_what_cannot_be_told_is_named(sail: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    flat(sail, out, [*HERS, person(4), '{"name": "cut of', {"by": {"u333": 1}, "_id": 5}])
    with pytest.raises(NotWhole, match="1 document of which nobody can tell whose they are"):
        forget(out, "3")
    assert forget(out, "3", unkeyed=True) == ["_quarantine.parquet: 1 document removed"]
    with pytest.raises(NotWhole, match="a column or table that is named by the key"):
        forget(out, "u333")


@pytest.mark.parametrize("path", ["name", "nested.mail"])
def test_rows_that_do_not_say_whose_they_are_are_named(
    sail: Any, tmp_path: Path, path: str
) -> None:
    out = tmp_path / "out"
    silent = person(4, name=None, nested={"mail": None})
    flat(sail, out, [person(3), silent, {"_id": 5}, person(6)])
    key = "name of 3" if path == "name" else "3@x.br"
    said = f"root: 2 rows without a value at {path}, of which nobody can tell"
    for _ in range(2):  # the second time they are all that is told
        with pytest.raises(NotWhole, match=said):
            forget(out, key, path)
        assert {row["_id"] for row in contents(out)["root"]} == {4, 5, 6}
    assert forget(out, "4") and forget(out, "5")
    with pytest.raises(LakeError, match="have nothing of that key"):
        forget(out, key, path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--key", "3", "--out", "nowhere"], "--out: nowhere is no folder"),
        (["--key", "3", "--out", "."], "holds no tables of `workbench flatten`"),
        (["--key", "3", "--out", "csv"], "are CSV, whose rows are not removed"),
        (["--key", "3", "--key-path", "a[].x", "--out", "out"], "path of a single value"),
        (["--key", "3", "--key-path", "nested", "--out", "out"], "nested is no column of root"),
        (["--key", "3", "--lake", "x", "--out", "out"], "--lake: tables of .* have none"),
        (["--out", "out"], "--out: name the person"),
        (["--key", "", "--out", "out"], "--key: it is empty"),
    ],
)
def test_what_is_no_request_is_refused(
    asked: list[str],
    said: str,
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(made)
    before = contents(made / "out")
    assert main(["forget", *asked]) == 2
    assert re.search(said, capsys.readouterr().err) and contents(made / "out") == before


@pytest.fixture(scope="module")
def made(sail: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of three people, in Parquet and in CSV; to be read only."""
    place = tmp_path_factory.mktemp("tables")
    flat(sail, place / "out", KEPT)
    flat(sail, place / "csv", KEPT, format="csv")
    return place


def test_of_two_at_once_one_is_told_and_nobody_comes_back(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(made / "out", tmp_path / "out"))
    swap = swap_if

    def meanwhile(*given: Any) -> None:
        monkeypatch.setattr(tables_at, "swap_if", swap)
        forget(out, "31")
        swap(*given)

    monkeypatch.setattr(tables_at, "swap_if", meanwhile)
    with pytest.raises(StorageError, match="was changed by another command in the meantime"):
        forget(out, "2")
    assert [row["_id"] for row in contents(out)["root"]] == [2, 4]
    forget(out, "2")
    assert [row["_id"] for row in contents(out)["root"]] == [4]
    forget(out, "4")
    assert contents(out)["root"] == [] and told(out).documents == 0


@pytest.mark.cloud
def test_on_a_store_the_versions_of_before_go_too(bucket: str, sail: Any, tmp_path: Path) -> None:
    there = f"{bucket}/tables"
    source = write_dump(tmp_path / "dump.json", [*HERS, *KEPT])
    request = Request(source=[str(source)], key="_id")
    for _ in range(2):
        flatten_to_store(request, there, lambda: sail)
    published = Versions(store_of(there))
    assert published.others()
    said = list(forget_in_tables(there, Asked("3", None)))
    assert said[0] == "root: 1 row removed" and "files of other versions removed" in said[-1]
    assert not published.others()
    copy = published.fetch(tmp_path / "copy")
    assert copy and not mentions(copy, "of 3'")
    assert [row["_id"] for row in rows(copy / "root")] == [2, 31, 4]
    later = write_dump(tmp_path / "later.json", LATER)
    added = replace(request, source=[str(later)], into="append")
    flatten_to_store(added, there, lambda: sail)
    said = list(forget_in_tables(there, Asked("3", None)))
    assert len(said) == 1 and "of other versions removed" in said[0]
    of_cut = {"Bucket": bucket.removeprefix("s3://"), "Key": "tables/version-1-cut/0"}
    s3.client().create_multipart_upload(**of_cut)
    with pytest.raises(LakeError, match="have nothing of that key"):
        list(forget_in_tables(there, Asked("3", None)))
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=of_cut["Bucket"])
    with pytest.raises(RequestError, match="holds no tables"):
        list(forget_in_tables(f"{bucket}/nothing", Asked("3", None)))
    with pytest.raises(RequestError, match=f"nope is no column of root in {there}."):
        list(forget_in_tables(there, Asked("3", "nope")))
