"""The files of a partition, each with its digest, as its manifest tells them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.errors import LeavesLost
from workbench.proof import MANIFEST, Manifest
from workbench.storage import known_digest


def data_files(folder: Path) -> dict[str, Path]:
    """The files of a partition but for its manifest, by name."""
    there = (path for path in sorted(folder.iterdir()) if path.is_file())
    return {path.name: path for path in there if path.name != MANIFEST}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The manifest of a staged partition, with the digests of the files beside it."""
    files = {name: known_digest(path) for name, path in data_files(folder).items()}
    text = replace(manifest, files=files).text()
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def check_files(folder: Path, manifest: Manifest, what: str, where: str) -> None:
    """Raises LeavesLost, naming each file, where a partition is not what was published.

    Within a process a file is read once, until it changes. A manifest from before there were
    digests says nothing of the files.
    """
    if manifest.files is None:
        return
    published, there = manifest.files, data_files(folder)
    wrong = [f"{name} is missing" for name in published if name not in there]
    wrong += [f"{name} came from elsewhere" for name in there if name not in published]
    wrong += [
        f"{name} was changed"
        for name, path in there.items()
        if name in published and known_digest(path) != published[name]
    ]
    if wrong:
        raise LeavesLost(
            f"{what} is not what was published: {'; '.join(wrong)}. It is in {where}. "
            "Run the step that writes it again, or bring the files back from a copy."
        )
