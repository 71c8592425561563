"""The panels of explore.ipynb: score ranges to drag, SQL to ask, one user, the fields."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.explore.panels import Explorer, ScorePanel, SqlPanel, UserPanel
    from workbench.explore.schema_tree import as_text

__all__ = [
    "Explorer",
    "ScorePanel",
    "SqlPanel",
    "UserPanel",
    "as_text",
]

__getattr__ = on_demand(__name__)
