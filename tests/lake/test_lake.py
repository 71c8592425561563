"""The lake: a partition changes at once or not at all, by one writer, and only its own."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import LakeError, LeavesLost
from workbench.lake.lake import Lake
from workbench.lake.lock import LOCK_HELD
from workbench.proof.manifest import MANIFEST, Manifest
from workbench.storage.folders import exchange, is_closed

DAY, OTHER = "2022-01-18", "2022-01-19"
EXCHANGE = "workbench.storage.folders.exchange"


def staged(lake: Lake, text: str) -> Path:
    folder = lake.staging() / "table"
    folder.mkdir()
    (folder / "part-0.parquet").write_text(text)
    return folder


def publish(lake: Lake, text: str, day: str = DAY, layer: str = "silver") -> Path:
    return lake.publish(staged(lake, text), layer, "users", day, Manifest(rows=1, notes=[text]))


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# publishing


def test_a_partition_holds_its_files_and_its_manifest(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    target = publish(lake, "one")
    assert target == tmp_path / "silver/users/ingestion_date=2022-01-18"
    assert sorted(content(target)) == [MANIFEST, "part-0.parquet"]
    manifest = lake.manifest("silver", "users", DAY)
    assert (manifest.notes, list(manifest.files or {})) == (["one"], ["part-0.parquet"])


def change(partition: Path) -> None:
    (partition / "part-0.parquet").write_text("a hand was here")


def lose(partition: Path) -> None:
    (partition / "part-0.parquet").unlink()


def add(partition: Path) -> None:
    (partition / "part-9.parquet").write_text("more")


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (change, "part-0.parquet was changed"),
        (lose, "part-0.parquet is missing"),
        (add, "part-9.parquet came from elsewhere"),
    ],
)
def test_a_partition_that_is_not_what_was_published_is_not_read(
    tmp_path: Path, tamper: Callable[[Path], None], said: str
) -> None:
    lake = Lake(tmp_path)
    target = publish(lake, "one")
    assert content(lake.proved("silver", "users", DAY)) == content(target)
    tamper(target)
    with pytest.raises(LeavesLost, match=f"silver.users of {DAY} is not .*: {said}"):
        lake.read(None, "silver", "users", DAY)  # type: ignore[arg-type]


def test_a_partition_of_a_time_before_there_were_digests_is_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    target = publish(lake, "one")
    (target / MANIFEST).write_text(Manifest(rows=1).text())
    change(target)
    assert content(lake.proved("silver", "users", DAY)) == content(target)


@pytest.mark.parametrize("exchangeable", [True, False], ids=["exchange", "fallback"])
def test_publishing_again_replaces_that_date_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchangeable: bool
) -> None:
    if not exchangeable:
        monkeypatch.setattr(EXCHANGE, lambda left, right: False)
    lake = Lake(tmp_path)
    other = content(publish(lake, "other", OTHER))
    publish(lake, "one")
    target = publish(lake, "two")
    assert content(target)["part-0.parquet"] == "two"
    assert content(lake.partition("silver", "users", OTHER)) == other
    assert lake.dates("silver", "users") == [DAY, OTHER]


class Killed(BaseException):
    """The process has died."""


@pytest.mark.parametrize(("renames", "stays"), [(1, "one"), (2, "two")])
def test_a_kill_between_renames_costs_no_partition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int, stays: str
) -> None:
    lake = Lake(tmp_path / "lake")
    target = publish(lake, "one")
    done: list[None] = []

    rename = os.rename

    def dies(source: Path, place: Path) -> None:
        if len(done) == renames:
            raise Killed
        rename(source, place)
        done.append(None)

    with monkeypatch.context() as patch:
        patch.setattr(EXCHANGE, lambda left, right: False)
        patch.setattr("workbench.storage.folders.os.rename", dies)
        with pytest.raises(Killed):
            publish(lake, "two")
    shutil.rmtree(lake.private / "staging")  # as a sweep of dead runs' folders would
    with lake.lock():
        assert content(target)["part-0.parquet"] == stays
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_old_partition_is_whole_until_the_swap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    old = content(publish(lake, "one"))
    seen: list[dict[str, str]] = []

    def spy(left: Path, right: Path) -> bool:
        seen.append(content(right))
        return exchange(left, right)

    monkeypatch.setattr(EXCHANGE, spy)
    assert content(publish(lake, "two")) != old
    assert seen == [old]


def test_a_failure_before_the_swap_leaves_the_old_partition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    old = content(publish(lake, "one"))
    monkeypatch.setattr("workbench.lake.lake.sync", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(lake, "two")
    assert content(lake.partition("silver", "users", DAY)) == old


def test_the_fallback_puts_the_old_partition_back_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    old = content(publish(lake, "one"))
    folder, rename = staged(lake, "two"), os.rename

    def refuse(source: Path, target: Path) -> None:
        if source == folder:
            raise OSError(errno.EIO, "broken")
        rename(source, target)

    monkeypatch.setattr(EXCHANGE, lambda left, right: False)
    monkeypatch.setattr("workbench.storage.folders.os.rename", refuse)
    with pytest.raises(LakeError, match="broken"):
        lake.publish(folder, "silver", "users", DAY, Manifest(rows=1))
    assert content(lake.partition("silver", "users", DAY)) == old


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EACCES, None])
def test_exchange_tells_whether_the_file_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    class Library:
        def __init__(self, name: None, use_errno: bool) -> None:
            if code is not None:
                self.renameat2 = lambda *_: -1

    monkeypatch.setattr("workbench.storage.folders.ctypes.CDLL", Library)
    monkeypatch.setattr("workbench.storage.folders.ctypes.get_errno", lambda: code)
    if code == errno.EACCES:
        with pytest.raises(PermissionError):
            exchange(tmp_path, tmp_path)
    else:
        assert exchange(tmp_path, tmp_path) is False


def test_marks_of_the_engine_are_no_part_of_a_partition(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    folder = staged(lake, "one")
    for name in ("_SUCCESS", ".part-0.parquet.crc", "part-1.parquet#1"):
        (folder / name).touch()
    target = lake.publish(folder, "silver", "users", DAY, Manifest(rows=1))
    assert sorted(content(target)) == [MANIFEST, "part-0.parquet"]


def test_the_quarantine_is_its_owners_alone(tmp_path: Path) -> None:
    target = publish(Lake(tmp_path), "raw", layer="quarantine")
    assert mode(tmp_path / "quarantine") == mode(target) == 0o700
    assert {mode(path) for path in target.iterdir()} == {0o600}


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_lake_is_made_for_its_owner_and_their_group(tmp_path: Path, usual_umask: None) -> None:
    lake = Lake(tmp_path / "data" / "lake")
    publish(lake, "one")
    with lake.lock():
        pass
    assert mode(lake.folder) == mode(lake.folder / "silver") == 0o750 and is_closed(lake.folder)
    assert mode(lake.private) == 0o700 and mode(lake.private / "lock") == 0o600


def test_a_lake_that_is_shared_shows_its_tables_alone(tmp_path: Path, usual_umask: None) -> None:
    lake = Lake(tmp_path / "lake")
    target, raw = publish(lake, "one"), publish(lake, "raw", layer="quarantine")
    lake.share()
    assert mode(lake.folder) == mode(target) == 0o755
    assert {mode(path) for path in target.iterdir()} == {0o644}
    assert (mode(raw), mode(lake.private)) == (0o700, 0o700)


def test_a_lock_of_before_is_taken_from_those_who_may_only_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.private.mkdir(parents=True, mode=0o755)
    (lake.private / "lock").touch(0o644)
    with lake.lock():
        assert mode(lake.private) == 0o700 and mode(lake.private / "lock") == 0o600


def test_a_lock_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    lake, other = Lake(tmp_path / "lake"), tmp_path / "precious"
    other.write_text("kept")
    lake.private.mkdir(parents=True)
    (lake.private / "lock").symlink_to(other)
    with pytest.raises(LakeError, match="cannot be written"), lake.lock():
        pass
    assert other.read_text() == "kept"


# reading


def test_a_date_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    publish(lake, "one")
    publish(lake, "two", OTHER)
    with pytest.raises(LakeError, match=r"2020-01-01 .*there: 2022-01-18, 2022-01-19"):
        lake.manifest("silver", "users", "2020-01-01")


def test_an_empty_lake_says_that_there_are_none(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"gold.user_products has no .*there: none"):
        Lake(tmp_path).read(spark, "gold", "user_products", DAY)


@pytest.mark.parametrize("text", [None, "{"])
def test_a_partition_without_a_good_manifest_is_named(tmp_path: Path, text: str | None) -> None:
    target = publish(Lake(tmp_path), "one")
    (target / MANIFEST).unlink()
    if text:
        (target / MANIFEST).write_text(text)
    with pytest.raises(LakeError, match=r"_manifest.json cannot be read .*silver.users"):
        Lake(tmp_path).manifest("silver", "users", DAY)


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?", "{a}", "a\\b", "a\nb"])
def test_a_path_that_engines_take_for_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LakeError, match="which the engines read as a pattern"):
        Lake(tmp_path / name)


def test_two_ways_to_write_a_path_are_one_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert Lake("../data/lake").root == Lake(tmp_path / "data/lake").root


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    apart = OSError(errno.EXDEV, os.strerror(errno.EXDEV), "staged", None, "gold/t")
    said = r"cannot be written: Invalid cross-device link \(gold/t\)\. .* be on one file system"
    with pytest.raises(LakeError, match=said), Lake(tmp_path).changing():
        raise apart
    with pytest.raises(ConnectionRefusedError), Lake(tmp_path).changing():
        raise ConnectionRefusedError(errno.ECONNREFUSED, "of a server, not of the lake")


# the lock


def hold(lake: Path, wait: float = 0) -> subprocess.Popen[str]:
    code = (
        "import sys; from workbench.lake.lake import Lake\n"
        f"with Lake(sys.argv[1]).lock({wait}): print('held', flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(lake)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        by_whom = f"in use by another run .process {holder.pid}"
        with pytest.raises(LakeError, match=by_whom), Lake(tmp_path).lock():
            pass
        holder.kill()
        holder.wait()
        with Lake(tmp_path).lock():
            assert (tmp_path / ".workbench/lock").read_text() == str(os.getpid())


def test_a_second_process_may_wait(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        assert first.stdout and first.stdout.readline() == "held\n"
        with hold(tmp_path, 20) as second:
            first.communicate("")
            assert second.stdout and second.stdout.readline() == "held\n"
            second.communicate("")


def test_the_lock_is_shared_within_a_run_and_freed_after_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with lake.lock(), Lake(str(tmp_path)).lock():
        assert os.environ[LOCK_HELD] == f"{os.getpid()} {lake.root}"
    assert LOCK_HELD not in os.environ
    with lake.lock():
        pass


def test_a_failure_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lake(tmp_path).lock():
        1 / 0  # noqa: B018
    assert LOCK_HELD not in os.environ


def test_the_lock_of_one_lake_is_not_that_of_another(tmp_path: Path) -> None:
    one, other = Lake(tmp_path / "one"), Lake(tmp_path / "other")
    with hold(other.root) as holder, one.lock():
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(LakeError, match="in use"), other.lock():
            pass
        holder.communicate("")
        with other.lock():
            pass
        assert os.environ[LOCK_HELD] == f"{os.getpid()} {one.root}"


def test_the_lock_of_a_run_that_has_ended_is_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    monkeypatch.setenv(LOCK_HELD, f"{dead.pid} {tmp_path}")
    with pytest.raises(LakeError, match=f"The run .process {dead.pid}. .* has ended"):
        Lake(tmp_path).lock().__enter__()


# reading while others publish


def published_meanwhile(lake: Lake, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Publishes the next version, and removes the one before, as a reader does something."""
    before = getattr(os, at)

    def overtaken(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(os, at, before)
        folder = staged(lake, "two")
        (folder / "part-0.parquet").rename(folder / "part-1.parquet")
        with lake.lock():
            lake.publish(folder, "silver", "users", DAY, Manifest(rows=2, notes=["two"]))
        shutil.rmtree(folder.parent)
        return before(*given, **named)

    monkeypatch.setattr(os, at, overtaken)


@pytest.mark.parametrize("at", ["listdir", "link", "open"])
def test_who_reads_while_another_publishes_has_one_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    lake = Lake(tmp_path)
    publish(lake, "one")
    published_meanwhile(lake, monkeypatch, at)
    assert sorted(content(lake.proved("silver", "users", DAY))) == [MANIFEST, "part-1.parquet"]


def test_what_is_being_read_stays_when_another_publishes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    publish(lake, "one")
    read = lake.existing("silver", "users", DAY)
    before = content(read)
    publish(lake, "two")
    assert content(read) == before and lake.existing("silver", "users", DAY) != read
    assert lake.files("silver", "users", DAY) == [
        str(tmp_path / f"silver/users/ingestion_date={DAY}/part-0.parquet")
    ]
    kept = lake.existing("silver", "users", DAY)
    lake.let_go_replaced()  # as somebody is forgotten
    assert not read.exists() and content(kept)["part-0.parquet"] == "two"


def test_who_may_not_write_reads_the_partition_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    target = publish(lake, "one")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert lake.proved("silver", "users", DAY) == target
    monkeypatch.undo()
    monkeypatch.setattr(os, "link", refused)
    assert lake.proved("silver", "users", DAY) == target
    with lake.lock():  # nobody else publishes
        assert lake.existing("silver", "users", DAY) == target


def refused(*_: Any, **__: Any) -> None:
    raise PermissionError(errno.EPERM, "no links here")
