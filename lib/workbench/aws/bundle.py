"""What is deployed: the library as a zip, the job's script, the notebooks, the state machine.

The same files give the same bytes, whoever builds them and when.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.aws.state_machine import generated
from workbench.chain import STEPS
from workbench.engines import LIBRARY, pack
from workbench.errors import RequestError
from workbench.places import project
from workbench.storage import digest, file_digest


def build(out: Path, terraform: Path | None = None) -> str:
    """Builds into a folder, which is replaced; returns the version: a digest of all that is in it.

        <out>/workbench.zip, job.py, notebooks/<step>.ipynb, version

    With `terraform`, the files of that folder that come from the chain are written there.
    Raises RequestError where a notebook of the chain is missing.
    """
    staged = out.with_name(f"{out.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "notebooks").mkdir(parents=True)
    pack(LIBRARY, staged / "workbench.zip")
    shutil.copyfile(LIBRARY / "aws" / "job.py", staged / "job.py")
    for step in STEPS:
        notebook = project().notebooks / f"{step.name}.ipynb"
        if not notebook.is_file():
            raise RequestError(f"{notebook} is a step of the chain, and is not there.")
        shutil.copyfile(notebook, staged / "notebooks" / notebook.name)
    files = sorted(path for path in staged.rglob("*") if path.is_file())
    version = digest(f"{f.relative_to(staged).as_posix()} {file_digest(f)}" for f in files)[:16]
    (staged / "version").write_text(version, encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    staged.rename(out)
    if terraform is not None:
        for name, text in generated().items():
            (terraform / name).write_text(text, encoding="utf-8")
    return version
