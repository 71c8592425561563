"""`workbench lab`: the notebooks of the project, in JupyterLab."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from workbench.cli import settings
from workbench.errors import RequestError
from workbench.places import PACKAGE, project

SETTINGS_VARIABLE, PATH_VARIABLE = "JUPYTER_CONFIG_PATH", "JUPYTER_PATH"
LONGEST = 56  # bytes of a folder's path, so that systems take those of a kernel's sockets in it


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "lab",
        parents=[shared],
        help="the project's notebooks in JupyterLab",
        description="Opens JupyterLab on the notebooks of the project, the kernel chosen.",
    )
    command.add_argument(
        "--glue",
        action="store_true",
        help="the notebooks' kernel is a session of AWS Glue's, which begins with the first cell",
    )
    settings.add_lake(command)
    command.add_argument(
        "--source",
        nargs="+",
        metavar="PATH",
        default=[],
        help="with --glue: the dump, s3://..., of notebooks that name no other",
    )
    command.set_defaults(command=lab_command)


def lab_command(options: argparse.Namespace) -> None:
    """JupyterLab takes the place of this process."""
    here = project()
    if here.notebooks.parent != here.root:
        raise RequestError(
            f"lab: {here.root} has no notebooks of its own. Lay out a project with "
            "`workbench init DIR`, and go there."
        )
    paths = [str(PACKAGE / "jupyter"), os.environ.get(SETTINGS_VARIABLE, "")]
    environment = os.environ | {SETTINGS_VARIABLE: os.pathsep.join(filter(None, paths))}
    if options.glue:
        environment |= of_glue(settings.lake(options), options.source)
    elif options.lake or options.source:
        raise RequestError("lab: --lake and --source go with --glue; else notebooks name them.")
    asked = ["-P", "-m", "jupyterlab", f"--notebook-dir={here.notebooks}", *privately()]
    root = ["--allow-root"] if os.geteuid() == 0 else []
    os.execve(sys.executable, [sys.executable, *asked, *root], environment)


def privately() -> list[str]:
    """The option by which kernels talk through socket files in a folder that is this user's.

    What a cell shows goes to all who connect to a kernel's port, which any user of the machine may.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    folder = jupyter_runtime_dir()
    if len(os.fsencode(folder)) <= LONGEST:
        return ["--KernelManager.transport=ipc"]
    print(
        f"Other users of this machine can hear what cells show: the path {folder} is too long for "
        "socket files. Name a shorter one in JUPYTER_RUNTIME_DIR.",
        file=sys.stderr,
    )
    return []


def of_glue(lake: str, source: Sequence[str]) -> dict[str, str]:
    """What a lab finds in its environment whose notebooks are executed in sessions of Glue's.

    Of kernels with one name Jupyter takes the first that it finds on its path.
    """
    from workbench.aws import SESSION_VARIABLE, check_installed, settings_for

    check_installed()
    paths = [str(PACKAGE / "jupyter" / "glue"), os.environ.get(PATH_VARIABLE, "")]
    return {
        SESSION_VARIABLE: settings_for(lake, source).text(),
        PATH_VARIABLE: os.pathsep.join(filter(None, paths)),
    }
