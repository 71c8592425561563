"""Two tables with pandas.json_normalize: `python pandas_way.py DUMP OUT`."""

import json
import sys
from pathlib import Path

import pandas as pd

dump, out = (Path(argument) for argument in sys.argv[1:])
with dump.open(encoding="utf-8") as lines:
    documents = [json.loads(line) for line in lines]
users = pd.json_normalize(documents).drop(columns="alreadyHaveProducts")
having = [d for d in documents if d.get("alreadyHaveProducts")]
products = pd.json_normalize(having, record_path="alreadyHaveProducts", meta="_id")
for name, table in (("users", users), ("products", products)):
    (out / name).mkdir()
    table.to_parquet(out / name / f"{name}.parquet", compression="zstd")
