"""What workers have staged on a store comes to the driver, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.storage import relay, store_of
from workbench.storage.downloads import PIECE
from workbench.storage.s3_place import Part, S3Place

pytestmark = pytest.mark.cloud
FILES = {"large": bytes(2 * PIECE) + b"end", "small": b"0123", "empty": b""}


@pytest.fixture
def passed_on(bucket: str, tmp_path: Path) -> Iterator[Path]:
    """A folder whose files stand on the store alone."""
    store = store_of(f"{bucket}/staging")
    for name, data in FILES.items():
        store.join(name).write(data)
    relay.pass_on(tmp_path, store)
    yield tmp_path
    relay.end(tmp_path)


def test_a_large_file_is_brought_in_pieces_and_a_small_one_by_one_request(
    passed_on: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a driver would have as many tables in memory as come side by side."""
    read, pieces = S3Place.part, []

    def seen(place: S3Place, start: int, end: int | None = None, tag: str = "") -> Part | None:
        found = read(place, start, end, tag)
        pieces.append((place.name, len(found.data) if found else 0))
        return found

    monkeypatch.setattr(S3Place, "part", seen)
    for file in relay.brought(passed_on):
        assert file.read_bytes() == FILES[file.name]
    large = [("large", PIECE), ("large", PIECE), ("large", 3)]
    assert sorted(pieces) == sorted([*large, ("small", 4), ("empty", 0)])


def test_of_what_stands_nowhere_nothing_is_left(passed_on: Path) -> None:
    assert not relay.bring(passed_on / "never").exists()
    assert not [*passed_on.iterdir()]
