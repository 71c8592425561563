"""Folders that stand for a place on a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.storage import fetch, keep, place_of, scratch, stand_in, store_of, told_as


def test_a_path_of_this_machine_stands_for_itself(tmp_path: Path) -> None:
    assert stand_in(tmp_path) == tmp_path and told_as(tmp_path / "x") == str(tmp_path / "x")
    keep(tmp_path)
    fetch(tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.cloud
def test_what_is_kept_is_fetched_by_another(bucket: str) -> None:
    folder = stand_in(f"{bucket}/runs")
    assert folder == stand_in(f"{bucket}/runs/") and told_as(folder / "a") == f"{bucket}/runs/a"
    (folder / "a" / "b").mkdir(parents=True)
    for name in ("a/x", "a/b/y"):
        (folder / name).write_text(name)
    keep(folder / "a")
    assert [found.size for found in store_of(f"{bucket}/runs").files()] == [5, 3]
    place_of(f"{bucket}/runs/a/x").write(b"another")
    scratch.discard(folder)
    fetch(folder / "a" / "x")
    assert (folder / "a" / "x").read_bytes() == b"another" and not (folder / "a" / "b").exists()
    fetch(folder / "a")
    assert (folder / "a" / "b" / "y").read_text() == "a/b/y"
    fetch(folder / "nothing")
    assert not (folder / "nothing").exists()
