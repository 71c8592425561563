"""`workbench lab`: the notebooks of the project, in JupyterLab."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from workbench.errors import RequestError
from workbench.places import PACKAGE, project

SETTINGS_VARIABLE = "JUPYTER_CONFIG_PATH"


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "lab",
        parents=[shared],
        help="the project's notebooks in JupyterLab",
        description="Opens JupyterLab on the notebooks of the project, the kernel chosen.",
    )
    command.set_defaults(command=lab_command)


def lab_command(_: argparse.Namespace) -> None:
    """JupyterLab takes the place of this process."""
    here = project()
    if here.notebooks.parent != here.root:
        raise RequestError(
            f"lab: {here.root} has no notebooks of its own. Lay out a project with "
            "`workbench init DIR`, and go there."
        )
    paths = [str(PACKAGE / "jupyter"), os.environ.get(SETTINGS_VARIABLE, "")]
    environment = os.environ | {SETTINGS_VARIABLE: os.pathsep.join(filter(None, paths))}
    asked = ["-m", "jupyterlab", f"--notebook-dir={here.notebooks}"]
    root = ["--allow-root"] if os.geteuid() == 0 else []
    os.execve(sys.executable, [sys.executable, *asked, *root], environment)
