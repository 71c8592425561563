"""The engines by their names."""

from __future__ import annotations

from workbench.errors import RequestError
from workbench.suggest import nearest

ENGINES = ("spark", "sail")


def check_engine(name: str) -> None:
    """Raises RequestError unless the name is an engine's."""
    if not isinstance(name, str):
        raise RequestError(
            f"engine: {name!r} ({type(name).__name__}) is not what it may be: a name, 'spark' or "
            "'sail', or the address of a cluster."
        )
    if name == "glue":
        raise RequestError(
            "engine: glue executes the notebooks of `workbench run` in a session of AWS Glue's, "
            "and what is asked here needs an engine. Choose spark or sail."
        )
    if name not in ENGINES and name != "yarn" and "://" not in name:
        near = nearest(name, ENGINES)
        raise RequestError(
            f"engine: {name} is not known. "
            + (f"Did you mean {near}? " if near else "")
            + "Choose spark (Apache Spark on this machine), sail (the embedded engine), or the "
            "address of a cluster (spark://..., sc://..., k8s://...)."
        )
