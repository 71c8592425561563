"""One flat table with DuckDB's recursive unnest: `python duckdb_way.py DUMP OUT`."""

import sys
from pathlib import Path

import duckdb

dump, out = sys.argv[1:]
Path(out, "users").mkdir(parents=True)
duckdb.execute(f"""
    COPY (
        SELECT unnest(users, recursive := true), unnest(alreadyHaveProducts, recursive := true)
        FROM (FROM read_json('{dump}', sample_size = -1)) AS users
    ) TO '{out}/users/users.parquet' (COMPRESSION zstd)
""")
