"""Behind a Glue job run: the job's own script, with the library from the bundle's zip.

Where ASKED names a file, it tells there what the job has asked of AWS, one request a line.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import Any

NAMED = ("Bucket", "Key", "Prefix", "CopySource", "Delete", "SecretId", "DatabaseName", "Name",
         "TableName", "TableInput", "FunctionName", "stateMachineArn", "executionArn")  # fmt: skip


def follow(file: str) -> None:
    from botocore.client import BaseClient

    plain = BaseClient._make_api_call

    def followed(client: Any, operation: str, given: dict[str, Any]) -> Any:
        told = {"service": client.meta.service_model.service_name, "operation": operation}
        told |= {name: given[name] for name in NAMED if name in given}
        try:
            return plain(client, operation, given)
        except Exception as error:
            told["error"] = getattr(error, "response", {}).get("Error", {}).get("Code", "")
            raise
        finally:
            with open(file, "a", encoding="utf-8") as kept:
                kept.write(json.dumps(told, default=str) + "\n")

    BaseClient._make_api_call = followed


bundle = sys.argv[1]
if "ASKED" in os.environ:
    follow(os.environ["ASKED"])
step = os.environ["JOB_NAME"].removeprefix("test-")
given = {"--step": step, "--code": "s3://code/code", "--catalog": "{layer}"} | json.loads(
    os.environ["JOB_ARGUMENTS"]
)
sys.path.insert(0, f"{bundle}/workbench.zip")
sys.argv = ["job.py", *(word for pair in given.items() for word in pair)]
runpy.run_path(f"{bundle}/job.py", run_name="__main__")
