"""The analyses of sql/: read, translated from Athena's dialect and run on a lake, or on Athena."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.sql.athena import run_athena
    from workbench.sql.files import SqlFile, find_sql, sql_files
    from workbench.sql.queries import run_sql
    from workbench.sql.translation import parameters, parse

__all__ = [
    "SqlFile",
    "find_sql",
    "parameters",
    "parse",
    "run_athena",
    "run_sql",
    "sql_files",
]

__getattr__ = on_demand(__name__)
