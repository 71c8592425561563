"""The state machine, carried out by moto's interpreter, with the job's script behind each job.

The chain's own notebooks once, with all that `workbench aws` has for a run; else small ones that
touch no lake.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.cloud import met, refusal
from workbench.aws import build, machine
from workbench.aws.execution import run_of
from workbench.chain import STEPS
from workbench.cli import main
from workbench.parameters import CHARTS, PRODUCTS, SCORES, SILVER
from workbench.records.run import RunRecord
from workbench.sample import write_sample
from workbench.services import client, made_client
from workbench.storage import s3 as of_s3
from workbench.storage import store_of
from workbench.stored import from_json

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
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
    "WORKBENCH_PII_KEY": "the same in all the jobs",
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

    made_client.cache_clear()
    of_s3.made_client.cache_clear()
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
    """Small notebooks, jobs, topic and machine; the machine's ARN."""
    made = {}
    for step in STEPS:
        told = f"from workbench.record import record\nrecord({step.name!r}, {{'lake': lake}})\n"
        made[step.name] = notebook(told + codes.get(step.name, "lake"))
    return deploy_notebooks(aws, made)


def deploy_notebooks(aws: Any, notebooks: dict[str, bytes]) -> str:
    for name, content in notebooks.items():
        store_of("s3://code/code").join("notebooks", f"{name}.ipynb").write(content)
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
    states, execution = aws.client("stepfunctions"), started(aws, arn, **parameters)
    described: dict[str, Any] = {}

    def ended() -> bool:
        described.update(states.describe_execution(executionArn=execution))
        return bool(described["status"] != "RUNNING")

    wait_for(ended, 400)
    return described


def started(aws: Any, arn: str, **parameters: Any) -> str:
    """An execution under way: its ARN."""
    begun = aws.client("stepfunctions").start_execution(
        stateMachineArn=arn,
        name=f"execution{time.monotonic_ns()}",
        input=json.dumps({"parameters": parameters}),
    )
    return str(begun["executionArn"])


def jobs_of(aws: Any, execution: dict[str, Any]) -> list[str]:
    """The jobs that an execution has started; one that another test has stopped may go on."""
    runs = (
        (step.name, run)
        for step in STEPS
        for run in aws.client("glue").get_job_runs(JobName=f"test-{step.name}")["JobRuns"]
    )
    mark = run_of(execution["executionArn"], execution["startDate"]).rpartition("-")[2]
    return [name for name, run in runs if mark in run["Arguments"]["--run"]]


def record_of(execution: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The folder and the record of the run of an execution."""
    for found in store_of("s3://runs/runs").files():
        if found.address.endswith("/run.json"):
            record = json.loads(store_of(found.address).read())
            if record["execution"] == execution["executionArn"]:
                assert record["version"] == from_json(RunRecord, record).version
                return store_of(found.address.rpartition("/")[0]), record
    raise AssertionError("there is no record of the run")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the current folder a project whose Terraform has applied a machine."""

    def apply(machine_arn: str) -> None:
        outputs = {
            "name": "test",
            "region": "us-east-1",
            "bronze": "s3://bronze/",
            "lake": "s3://lake/lake",
            "runs": "s3://runs/runs",
            "state_machine": machine_arn,
            "workgroup": "test",
            "logs": ["/test/jobs/output", "/test/jobs/error", "/test/other"],
        }
        (tmp_path / "terraform").mkdir()
        configuration = {"output": {name: {"value": value} for name, value in outputs.items()}}
        (tmp_path / "terraform" / "main.tf.json").write_text(json.dumps(configuration))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("workbench.cli.history_command.has_screen", lambda: False)
        for command in (["init"], ["apply", "-auto-approve"]):
            subprocess.run(
                ["terraform", "-chdir=terraform", *command], check=True, capture_output=True
            )

    return apply


def test_the_chain_runs_there_and_is_seen_from_here(
    aws: Any, stack: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sample(tmp_path / "dump.json", 200, flaws=True)
    store_of("s3://bronze/day/dump.json").write((tmp_path / "dump.json").read_bytes())
    for layer in ("silver", "gold"):
        aws.client("glue").create_database(DatabaseInput={"Name": layer})
    own = {s.name: (NOTEBOOKS / f"{s.name}.ipynb").read_bytes() for s in STEPS}
    stack(deploy_notebooks(aws, own))
    asked = ["--source", "s3://bronze/day/", "--ingestion-date", DAY]
    assert main(["aws", "run", *asked]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    for part in (f"{SILVER}        done", "are accounted for", "tables     s3://lake/lake"):
        assert part in said
    report = Path(said.strip().splitlines()[-1])
    assert report.name == "report.html" and "<html" in report.read_text(encoding="utf-8")
    assert main(["aws", "catalog", "--check", "--lake", "s3://lake/lake"]) == 0
    assert capsys.readouterr().out.count("as the lake has it") == 3
    assert main(["aws", "status", "--format", "csv"]) == 0
    (run,) = [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert main(["aws", "open", run]) == 0
    assert main(["verify", "--lake", "s3://lake/lake"]) == 0
    capsys.readouterr()
    (job,) = aws.client("glue").get_job_runs(JobName=f"test-{SILVER}")["JobRuns"]
    say(aws, "/test/jobs/output", job["Id"], "one line")
    say(aws, "/test/jobs/error", f"{job['Id']}-driver", "another")
    assert main(["aws", "logs", run, "--step", "01"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1].strip() for line in lines] == [SILVER] * 2
    assert {line.split()[-1] for line in lines} == {"line", "another"}


def say(aws: Any, group: str, stream: str, text: str) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event = {"timestamp": int(time.time() * 1000), "message": text}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["-p", "locale=xx"], 2, "locale: 'xx' is not allowed"),
        (["-p", "charts=x"], 2, "charts: a run in AWS has its own"),
        (["--source", "dump.json"], 2, "dump.json is on this machine"),
        ([], 1, "03_gold_user_scores failed in the cell In [3]: ValueError: no scores today"),
    ],
)
def test_what_goes_wrong_there_is_told_here(
    more: list[str],
    code: int,
    said: str,
    aws: Any,
    stack: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arn = deploy(aws, {SCORES: "raise ValueError('no scores today')"})
    stack(arn)
    assert main(["aws", "run", *more]) == code
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err
    started = aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    assert len(started) == (code == 1)


def test_ctrl_c_stops_the_execution(
    aws: Any, stack: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = deploy(aws, {SILVER: "import time; time.sleep(20)"})
    stack(arn)

    def execution() -> dict[str, Any]:
        states = aws.client("stepfunctions")
        (one,) = states.list_executions(stateMachineArn=arn)["executions"]
        return dict(one)

    def interrupt(*_: Any) -> None:
        # The stand-in for Step Functions loses a stop that comes between two states.
        wait_for(lambda: jobs_of(aws, execution()), 400)
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.aws.executions.record_of", interrupt)
    assert main(["aws", "run"]) != 0
    wait_for(lambda: execution()["status"] == "ABORTED", 400)


def test_without_a_stack_a_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["aws", "status"]) == 2
    assert "There is no folder terraform in" in capsys.readouterr().err
    (tmp_path / "terraform").mkdir()
    assert main(["aws", "status"]) == 2
    assert "The stack was not applied from" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["aws", "status"]) == 2
    assert "Terraform is not on the PATH" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("missing", "set_to", "code", "said"),
    [
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], {}, 1, "there are no credentials"),
        (["AWS_REGION", "AWS_DEFAULT_REGION"], {}, 1, "no region is set. Set AWS_REGION."),
        ([], {"AWS_REGION": "eu-west-1"}, 2, "is eu-west-1, and the stack is in us-east-1."),
    ],
)
def test_what_is_missing_is_said_before_anything_is_asked(
    missing: list[str],
    set_to: dict[str, str],
    code: int,
    said: str,
    aws: Any,
    stack: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack("arn:aws:states:us-east-1:123456789012:stateMachine:any")
    for name in (*missing, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    for name, value in {**set_to, "AWS_CONFIG_FILE": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    for command in ("run", "status", "logs", "open"):
        assert main(["aws", command]) == code
        assert capsys.readouterr().err.startswith(f"error: {command}: "), command
    there = ["--lake", "s3://lake/lake", "--catalog", "{layer}"]
    asked = (["aws", "catalog", *there], ["sql", "--engine", "athena", "users_per_day"])
    for words in asked if code == 1 else ():
        assert main(words) == 1
        assert said in capsys.readouterr().err


def test_what_cannot_be_stopped_is_told_as_what_goes_on(
    aws: Any,
    stack: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arn = deploy(aws, {SILVER: "import time; time.sleep(5)"})
    stack(arn)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.aws.executions.record_of", interrupt)
    denied = refusal("AccessDeniedException", "not authorized to perform: states:StopExecution")
    with met(client("stepfunctions"), "sfn.StopExecution", [denied]):
        assert main(["aws", "run"]) == 1
    said = capsys.readouterr().err
    assert "may go on, and cost" in said and "states:StopExecution" in said

    def ended() -> bool:
        (one,) = aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
        return bool(one["status"] != "RUNNING")

    wait_for(ended, 400)  # its jobs have the names of the next test's


def test_a_second_execution_on_the_same_lake_and_date_is_refused(aws: Any, tmp_path: Path) -> None:
    """While the first is at work, and no longer; on another date it goes on."""
    go = tmp_path / "go"
    waits = f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.1)"
    arn = deploy(aws, {SILVER: waits})
    first, other = (started(aws, arn, ingestion_date=day) for day in (DAY, "2022-01-19"))
    wait_for(lambda: {state_of(aws, one) for one in (first, other)} == {"RUNNING"}, 400)
    refused = carried_out(aws, arn, ingestion_date=DAY)
    assert (refused["status"], refused["error"]) == ("FAILED", "begin")
    assert f"in use for {DAY} by another execution ({first})" in refused["cause"]
    go.touch()
    wait_for(lambda: "RUNNING" not in (state_of(aws, first), state_of(aws, other)), 400)
    kept = [f.address for f in store_of("s3://runs/runs").files()]
    begun = [json.loads(store_of(f).read()) for f in kept if f.endswith("/run.json")]
    assert {record["execution"] for record in begun} >= {first, other}
    assert refused["executionArn"] not in {record["execution"] for record in begun}


def state_of(aws: Any, execution: str) -> str:
    states = aws.client("stepfunctions")
    return str(states.describe_execution(executionArn=execution)["status"])


def test_a_wrong_parameter_is_refused_before_a_job_starts(aws: Any) -> None:
    ended = carried_out(aws, deploy(aws, {}), ingestion_dat=DAY)
    assert (ended["status"], ended["error"]) == ("FAILED", "begin")
    assert "Did you mean ingestion_date?" in ended["cause"]
    assert jobs_of(aws, ended) == []


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
    assert jobs_of(aws, ended) == [step.name for step in STEPS]
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
