"""What each step asks of AWS as it runs, held against what its role may do, both ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.cloud import environment as of_aws
from support.cloud import make_bucket
from support.processes import environment
from workbench.aws import build, execution
from workbench.aws.state_machine import REPORT
from workbench.chain import STEPS
from workbench.sample import write_sample
from workbench.services import made_client
from workbench.storage import s3, store_of

PROCESS = Path(__file__).resolve().parents[1] / "job_process.py"
DAY = "2022-01-18"
JOBS = [*(step.name for step in STEPS), REPORT]
Asked = dict[str, Any]
Need = tuple[str, str, str]
AS_ACTIONS = {  # where an operation is not called as the action that it takes
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "DeleteObjects": "DeleteObject",
}
pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def asked(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Asked]]:
    """What each job of a run has asked of AWS."""
    folder = tmp_path_factory.mktemp("permissions")
    told = {"SOURCE": "s3://bronze/", "LAKE": "s3://lake/lake", "RUNS": "s3://runs/runs"}
    settings = of_aws(s3_server) | {"AWS_DEFAULT_REGION": "us-east-1", "WORKBENCH_ENGINE": "sail"}
    settings |= {f"WORKBENCH_{name}": value for name, value in told.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (settings | {"WORKBENCH_GLUE": "5.1"}).items():
            patch.setenv(name, value)
        made_client.cache_clear()
        s3.made_client.cache_clear()
        return {step: list(asked_by(step, run, folder)) for run in begun(folder) for step in JOBS}


def begun(folder: Path) -> Iterator[Asked]:
    """A run whose first step is still to come, with all that it needs."""
    for name in ("bronze", "lake", "runs", "code"):
        make_bucket(os.environ["AWS_ENDPOINT_URL"], name)
    for layer in ("silver", "gold"):
        boto3.client("glue").create_database(DatabaseInput={"Name": layer})
    key = boto3.client("secretsmanager").create_secret(Name="hash", SecretString="k" * 32)
    write_sample(folder / "dump.json", 500, flaws=True)
    store_of("s3://bronze/dump.json").write((folder / "dump.json").read_bytes())
    build(folder / "bundle")
    for path in (folder / "bundle").glob("notebooks/*"):
        store_of(f"s3://code/code/notebooks/{path.name}").write(path.read_bytes())
    begin = {"do": "begin", "input": {}, "started": f"{DAY}T10:00:00Z", "execution": "x"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "refuse_second", lambda *_: None)
        yield execution.handler(begin) | {"key": key["ARN"]}


def asked_by(step: str, run: Asked, folder: Path) -> Iterator[Asked]:
    given = {"--run": json.dumps(run), "--hash-key": run["key"] if step == JOBS[0] else "none"}
    ours = {n: v for n, v in os.environ.items() if n.startswith(("AWS_", "WORKBENCH_"))}
    told = {"JOB_NAME": f"test-{step}", "JOB_ARGUMENTS": json.dumps(given)}
    done = subprocess.run(
        [sys.executable, str(PROCESS), str(folder / "bundle")],
        env=environment(**ours, **told, ASKED=str(folder / step)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{step}: {done.stderr[-2000:]}"
    for line in (folder / step).read_text().splitlines():
        yield json.loads(line)


@pytest.mark.parametrize("step", JOBS)
def test_a_step_may_do_all_that_it_asks_for(
    step: str, stack: dict[str, list[Asked]], asked: dict[str, list[Asked]]
) -> None:
    may = policy_of(stack, step)
    needed = [need for one in asked[step] for need in needs(one)]
    assert len({action for action, *_ in needed}) >= 3
    assert sorted({str(need) for need in needed if not is_allowed(may, *need)}) == []


def test_a_step_may_not_do_what_only_another_asks_for(
    stack: dict[str, list[Asked]], asked: dict[str, list[Asked]]
) -> None:
    silver = [need for one in asked[JOBS[0]] for need in needs(one)]
    for step in JOBS[1:]:
        may = policy_of(stack, step)
        others = {need for need in silver if not is_allowed(may, *need)}
        for place in ("bronze/dump.json", "lake/lake/quarantine/"):
            assert any(place in resource for _, resource, _ in others), step
        assert any(action == "secretsmanager:GetSecretValue" for action, *_ in others)
        assert any(a == "s3:PutObject" and "/silver/" in resource for a, resource, _ in others)


def policy_of(stack: dict[str, list[Asked]], step: str) -> list[Asked]:
    """What the role of a step allows, with the names of the buckets and the secret of this run."""
    (policy,) = (p for p in stack["aws_iam_role_policy"] if p["role"].endswith(f"-{step}"))
    text = policy["policy"]
    for bucket in stack["aws_s3_bucket"]:
        text = text.replace(bucket["arn"], f"arn:aws:s3:::{bucket['index']}")
    text = text.replace(stack["aws_secretsmanager_secret"][0]["arn"], "the secret")
    return list(json.loads(text)["Statement"])


def needs(one: Asked) -> Iterator[Need]:
    """The actions that a request takes, each with its resource, and with the prefix of a list."""
    service, operation = one["service"], one["operation"]
    if service == "s3":
        action = f"s3:{AS_ACTIONS.get(operation, operation)}"
        bucket, key = f"arn:aws:s3:::{one['Bucket']}", one.get("Key", "")
        if "List" in operation:
            yield action, bucket, one.get("Prefix", "")
        for name in [f["Key"] for f in one.get("Delete", {}).get("Objects", [])] or [key]:
            if name:
                yield action, f"{bucket}/{name}", ""
        if one.get("error") in ("NoSuchKey", "404"):  # else S3 says that it is denied
            yield "s3:ListBucket", bucket, key
        if "CopySource" in one:
            other = one["CopySource"]
            yield "s3:GetObject", f"arn:aws:s3:::{other['Bucket']}/{other['Key']}", ""
    elif service == "glue":
        table = one.get("TableName") or one.get("TableInput", {}).get("Name") or one.get("Name")
        database = one.get("DatabaseName", one.get("Name"))
        of_table = [f"table/{database}/{table}"] if "DatabaseName" in one else []
        for resource in ("catalog", f"database/{database}", *of_table):
            yield f"glue:{operation}", f":{resource}", ""
    else:
        yield f"{service}:{operation}", "the secret", ""


def is_allowed(statements: list[Asked], action: str, resource: str, prefix: str) -> bool:
    return any(
        action in one["Action"]
        and any(fnmatchcase(resource, r) or r.endswith(resource) for r in one["Resource"])
        and any(fnmatchcase(prefix, p) for p in prefixes(one))
        for one in statements
    )


def prefixes(statement: Asked) -> list[str]:
    condition: Asked = statement.get("Condition", {}).get("StringLike", {})
    return list(condition.get("s3:prefix", ["*"]))
