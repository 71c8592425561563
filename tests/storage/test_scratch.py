"""Scratch folders: private, gone with their process, and swept where it was killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workbench.errors import RequestError
from workbench.storage import scratch


def test_a_folder_is_private_and_gone_after_discard(tmp_path: Path) -> None:
    folder = scratch.make(tmp_path)
    (folder / "part").mkdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    scratch.discard(folder)
    assert not folder.exists()
    scratch.discard(folder)  # once more does no harm


def test_staging_goes_with_its_process(tmp_path: Path) -> None:
    code = "import sys; from workbench.lake.lake import Lake; Lake(sys.argv[1]).staging()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list((tmp_path / ".workbench/staging").iterdir()) == []


def test_a_folder_that_a_worker_still_writes_in_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it is no more; its workers end a moment later."""
    folder, removing = tmp_path / "of a killed kernel", shutil.rmtree
    folder.mkdir()
    late = ["a block", "another"]

    def beside_a_worker(removed: Path, ignore_errors: bool) -> None:
        removing(removed, ignore_errors=ignore_errors)
        if late:
            removed.mkdir()
            (removed / late.pop()).touch()

    monkeypatch.setattr(shutil, "rmtree", beside_a_worker)
    scratch.sweep(tmp_path)
    assert not folder.exists() and not late


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_another_users_folder_is_left_to_them(tmp_path: Path) -> None:
    theirs = tmp_path / "w-theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    scratch.discard(scratch.make(tmp_path, "w-"))
    assert theirs.is_dir()


def test_folders_of_killed_processes_are_swept_and_others_stay(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.storage import scratch\n"
        "folder = scratch.make(Path(sys.argv[1]), 'w-')\n"
        "(folder / 'inside').mkdir()\n"
        "print(folder, flush=True)\n"
        "sys.stdin.read()"
    )
    (tmp_path / "another").mkdir()
    (tmp_path / "w-file").touch()
    (tmp_path / "w-link").symlink_to(tmp_path / "another")
    made = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        made.append((process, Path(process.stdout.readline().strip())))
    (dead, left), (living, used) = made
    dead.kill()
    dead.communicate()
    mine = scratch.make(tmp_path, "w-")
    assert left.name not in (there := {p.name for p in tmp_path.iterdir()})
    assert there == {"another", "w-file", "w-link", used.name, mine.name}
    living.communicate()
    assert not used.exists()


def test_where_no_temporary_folder_can_be_made_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(RequestError, match=r"No temporary folder can be made: .*TMPDIR"):
        scratch.temporary()


def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = tempfile.mkdtemp, []

    def mkdtemp(**asked: object) -> str:
        made.append(real(**asked))  # type: ignore[call-overload]
        if len(made) == 1:
            Path(made[0]).rmdir()
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    assert scratch.make(tmp_path) == Path(made[1])
