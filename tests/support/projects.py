"""A project of one's own, with a cell in one of its notebooks that the package's does not have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
# An engine that works as ever, and is given a query that never ends.
DEADLOCK = """
import threading
from pyspark.sql.functions import udf
def waits(value: str) -> str:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
users.select(udf(waits)("_id")).collect()
"""


def project_with_a_cell(folder: Path, notebook: str, source: str) -> Path:
    """The chain's notebooks, with a cell behind the first that reads `users`."""
    shutil.copytree(NOTEBOOKS, folder / "notebooks")
    (folder / "workbench.yml").touch()
    path = folder / "notebooks" / f"{notebook}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    reads = [at for at, cell in enumerate(content["cells"]) if "read_users(" in str(cell["source"])]
    new: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "added",
        "metadata": {},
    }
    content["cells"].insert(reads[0] + 1, new | {"outputs": [], "source": source})
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder
