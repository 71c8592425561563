"""Behind a Glue job run: the job's own script, with the library from the bundle's zip."""

from __future__ import annotations

import json
import os
import runpy
import sys

bundle = sys.argv[1]
step = os.environ["JOB_NAME"].removeprefix("test-")
given = {"--step": step, "--code": "s3://code/code", "--catalog": "{layer}"} | json.loads(
    os.environ["JOB_ARGUMENTS"]
)
sys.path.insert(0, f"{bundle}/workbench.zip")
sys.argv = ["job.py", *(word for pair in given.items() for word in pair)]
runpy.run_path(f"{bundle}/job.py", run_name="__main__")
