"""The state machine, carried out by moto's interpreter, with the job's script behind each job.

The notebooks are small ones that touch no lake; what the chain's own do is tested elsewhere.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.aws import build, machine
from workbench.chain import STEPS
from workbench.parameters import CHARTS, PRODUCTS, SCORES, SILVER
from workbench.records.run import RunRecord
from workbench.storage import store_of
from workbench.stored import from_json

HERE = Path(__file__).resolve().parent
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "WORKBENCH_ENGINE": "sail",
    "WORKBENCH_SOURCE": "s3://bronze/",
    "WORKBENCH_LAKE": "s3://lake/lake",
    "WORKBENCH_RUNS": "s3://runs/runs",
    "WORKBENCH_GLUE": "5.1",
}
ROLE = "arn:aws:iam::123456789012:role/any"
DAY = "2022-01-18"

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "aws"
    build(out)
    return out


@pytest.fixture(scope="module")
def server(bundle: Path) -> Iterator[dict[str, str]]:
    """The settings by which the stand-in is found."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = SETTINGS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    job = [sys.executable, str(HERE / "job_process.py"), str(bundle)]
    command = [sys.executable, str(HERE / "aws_server.py"), str(port)]
    with subprocess.Popen(
        command, env=os.environ | settings | {"JOB": json.dumps(job)}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 60)
            yield settings
        finally:
            process.kill()


@pytest.fixture
def aws(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    import boto3

    s3 = boto3.client("s3")
    for bucket in ("bronze", "lake", "runs", "code"):
        s3.create_bucket(Bucket=bucket)
    return boto3


def wait_for(true: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.2)


def notebook(code: str) -> bytes:
    """A notebook with a cell of parameters, and one of code."""
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": 'lake = ""'},
        {"cell_type": "code", "metadata": {}, "source": code},
    ]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def deploy(aws: Any, codes: dict[str, str]) -> str:
    """Notebooks, jobs, topic and machine; the machine's ARN."""
    for step in STEPS:
        told = f"from workbench.record import record\nrecord({step.name!r}, {{'lake': lake}})\n"
        store_of("s3://code/code").join("notebooks", f"{step.name}.ipynb").write(
            notebook(told + codes.get(step.name, "lake"))
        )
    glue = aws.client("glue")
    for name in [*(step.name for step in STEPS), "report"]:
        glue.create_job(
            Name=f"test-{name}", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://x"}
        )
    topic = aws.client("sns").create_topic(Name="failures")["TopicArn"]
    queue = aws.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(aws, queue))
    text = json.dumps(machine())
    function = "arn:aws:lambda:us-east-1:123456789012:function:execution"
    for name, value in {
        "name": "test",
        "partition": "aws",
        "function": function,
        "topic": topic,
    }.items():
        text = text.replace("${" + name + "}", value)
    made = aws.client("stepfunctions").create_state_machine(
        name=f"chain{time.monotonic_ns()}", definition=text, roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def queue_arn(aws: Any, queue: str) -> str:
    told = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(told["Attributes"]["QueueArn"])


def carried_out(aws: Any, arn: str, **parameters: Any) -> dict[str, Any]:
    """One execution, to its end."""
    states = aws.client("stepfunctions")
    execution = states.start_execution(
        stateMachineArn=arn, input=json.dumps({"parameters": parameters})
    )["executionArn"]
    described: dict[str, Any] = {}

    def ended() -> bool:
        described.update(states.describe_execution(executionArn=execution))
        return bool(described["status"] != "RUNNING")

    wait_for(ended, 400)
    return described


def record_of(execution: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The folder and the record of the run of an execution."""
    for found in store_of("s3://runs/runs").files():
        if found.address.endswith("/run.json"):
            record = json.loads(store_of(found.address).read())
            if record["execution"] == execution["executionArn"]:
                assert record["version"] == from_json(RunRecord, record).version
                return store_of(found.address.rpartition("/")[0]), record
    raise AssertionError("there is no record of the run")


def test_a_wrong_parameter_is_refused_before_a_job_starts(aws: Any) -> None:
    ended = carried_out(aws, deploy(aws, {}), ingestion_dat=DAY)
    assert (ended["status"], ended["error"]) == ("FAILED", "begin")
    assert "Did you mean ingestion_date?" in ended["cause"]
    assert all(
        not aws.client("glue").get_job_runs(JobName=f"test-{step.name}")["JobRuns"]
        for step in STEPS
    )


def test_a_failing_step_names_itself_and_its_reason_and_stops_the_rest(aws: Any) -> None:
    ended = carried_out(aws, deploy(aws, {SCORES: "raise ValueError('no scores today')"}))
    assert (ended["status"], ended["error"]) == ("FAILED", SCORES)
    assert "ValueError: no scores today" in ended["cause"]
    folder, record = record_of(ended)
    states = {name: step["state"] for name, step in record["steps"].items()}
    assert (states[SILVER], states[SCORES], states[CHARTS]) == ("done", "failed", "not run")
    assert record["state"] == "failed"
    kept = json.loads(folder.join(f"{SCORES}.ipynb").read())
    assert kept["cells"][-1]["outputs"][-1]["evalue"] == "no scores today"
    queue = aws.client("sqs").get_queue_url(QueueName="told")["QueueUrl"]
    told = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert any("no scores today" in message["Body"] for message in told)


def test_notebooks_run_in_order_and_keep_their_outputs(aws: Any) -> None:
    # No report: its page tells of tables, and these notebooks make none.
    arn = deploy(aws, {PRODUCTS: "display(1)\nlake"})
    ended = carried_out(aws, arn, ingestion_date=DAY)
    folder, record = record_of(ended)
    assert [step["state"] for step in record["steps"].values()] == ["done"] * len(STEPS)
    began = {name: step["started"] for name, step in record["steps"].items()}
    assert began[SILVER] < min(began[PRODUCTS], began[SCORES])
    assert max(began[PRODUCTS], began[SCORES]) < began[CHARTS]
    kept = json.loads(folder.join(f"{PRODUCTS}.ipynb").read())
    assert [output["output_type"] for output in kept["cells"][-1]["outputs"]] == [
        "stream",
        "display_data",
        "execute_result",
    ]
    assert kept["cells"][-1]["outputs"][-1]["data"]["text/plain"] == "'s3://lake/lake'"
