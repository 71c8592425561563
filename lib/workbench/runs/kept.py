"""Papermill's way to execute a notebook, with the notebook kept as it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from workbench.storage import write_whole

ENGINE = "workbench"  # the name by which papermill knows it


class Kept(NotebookExecutionManager):  # type: ignore[misc]
    """Saves at the end of each cell of code; a run that is killed leaves those.

    Papermill would check the whole notebook, pictures and all, and lay it out each time, a third
    of a small run; it does so once more at the end. And it would save where a cell starts, too.
    """

    starts = False

    def cell_start(self, cell: NotebookNode, cell_index: int | None = None, **_: Any) -> None:
        if cell.cell_type == "code":
            self.starts = True
            super().cell_start(cell, cell_index)
            self.starts = False

    def cell_complete(self, cell: NotebookNode, cell_index: int | None = None, **_: Any) -> None:
        if cell.cell_type == "code":
            super().cell_complete(cell, cell_index)

    def save(self, **_: Any) -> None:
        if self.starts:
            return
        write_whole(Path(self.output_path), json.dumps(self.nb, ensure_ascii=False))
        self.last_save_time = self.now()


class KeptAsItGoes(NBClientEngine):  # type: ignore[misc]
    @classmethod
    def execute_notebook(
        cls, nb: NotebookNode, kernel_name: str, output_path: str, **options: Any
    ) -> NotebookNode:
        manager = Kept(nb, output_path=output_path, progress_bar=False)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **options)
        finally:
            manager.notebook_complete()
        return nb


papermill_engines.register(ENGINE, KeptAsItGoes)
