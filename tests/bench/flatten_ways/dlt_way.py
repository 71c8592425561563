"""A table per array with dlt, to Parquet files: `python dlt_way.py DUMP OUT`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import dlt
from dlt.common.json import json

dump, out = (Path(argument).absolute() for argument in sys.argv[1:])
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"


@dlt.resource(name="users")
def users() -> Iterator[list[dict]]:
    page = []
    with dump.open("rb") as lines:
        for line in lines:
            page.append(json.loadb(line))
            if len(page) == 5000:
                yield page
                page = []
    yield page


pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=str(out / "pipeline"),
    destination=dlt.destinations.filesystem(bucket_url=str(out)),
    dataset_name="tables",
)
pipeline.run(users(), loader_file_format="parquet")
