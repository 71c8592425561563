"""Executes the notebooks where they stand, and keeps their outputs: `python execute.py NOTEBOOK...`

Without times, so that they differ only where a result does. Widgets need a kernel that runs, and
their ids are new each time: cells tagged `widget` keep no output.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def execute(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        record_timing=False,
        store_widget_state=False,
        kernel_name="workbench",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    for cell in notebook.cells:
        if "widget" in cell.metadata.get("tags", []):
            cell.outputs = []
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        execute(Path(name).resolve())
