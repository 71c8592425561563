"""Notebooks executed in sessions of AWS Glue's, by its own kernel, on a stand-in of the API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import nbformat
import pyarrow.parquet as pq
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from support.processes import WORKBENCH, environment, with_aws, workbench
from workbench.aws import SESSION_VARIABLE, settings_for
from workbench.aws.glue_run import KERNEL, GlueKernelManager
from workbench.cli.lab_command import of_glue
from workbench.lake import lake_at
from workbench.sample import write_sample
from workbench.storage import place_of, store_of

DAY = "2022-01-18"

pytestmark = pytest.mark.cloud


def told(aws: str) -> dict[str, Any]:
    """What the stand-in was asked, and the states of its sessions."""
    with urlopen(os.environ["AWS_ENDPOINT_URL_GLUE"] + "/calls") as answer:
        return dict(json.load(answer))


def run(aws: str, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
    asked = ("--source", f"{aws}/users.json", "--lake", f"{aws}/lake", "--ingestion-date", DAY)
    return workbench("run", "--engine", "glue", *asked, *more, env=with_aws() | variables)


def dump(aws: str, place: Path, users: int = 60) -> Path:
    write_sample(place / "users.json", users)
    place_of(f"{aws}/users.json").write((place / "users.json").read_bytes())
    return place / "users.json"


def test_a_run_is_carried_out_in_one_session_as_it_is_here(aws: str, tmp_path: Path) -> None:
    source, before = dump(aws, tmp_path), len(told(aws)["calls"])
    import boto3

    kept = boto3.client("secretsmanager").create_secret(Name="key", SecretString="k" * 32)
    done = run(aws, "--runs", str(tmp_path / "runs"), WORKBENCH_PII_KEY=kept["ARN"])
    assert done.returncode == 0, done.stderr
    assert "on glue" in done.stdout and "leaves of" in done.stdout
    (folder,) = (tmp_path / "runs").glob("2*")
    assert (folder / "report.html").stat().st_size > 100_000
    assert len(list((folder / "charts").glob("*.png"))) == 7
    here = workbench(
        "run", "--source", source, "--lake", tmp_path / "lake", "--ingestion-date", DAY,
        "--runs", tmp_path / "here", env=environment(WORKBENCH_PII_KEY="k" * 32),
    )  # fmt: skip
    assert here.returncode == 0, here.stderr
    for layer, table in (("silver", "users"), ("gold", "user_products"), ("gold", "user_scores")):
        there, ours = (
            pq.read_table(lake_at(lake).existing(layer, table, DAY), partitioning=None)
            for lake in (f"{aws}/lake", tmp_path / "lake")
        )
        assert sorted(map(str, there.to_pylist())) == sorted(map(str, ours.to_pylist()))
    notebook = json.loads((folder / "04_score_charts.ipynb").read_text())
    shown = [o["data"] for c in notebook["cells"] for o in c.get("outputs", []) if "data" in o]
    assert sum("image/png" in data for data in shown) == 7
    assert sum("text/html" in data for data in shown) == 7
    counts = [c["execution_count"] for c in notebook["cells"] if c["cell_type"] == "code"]
    assert counts == sorted(counts) and len(set(counts)) == len(counts)
    asked = told(aws)["calls"][before:]
    assert asked.count("CreateSession") == asked.count("StopSession") == 1
    assert not list(store_of(f"{aws}/lake/.workbench/sessions").files())


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("raise ValueError('no such thing')", "ValueError: no such thing"),
        ("import os\nos._exit(1)", "has ended: it is FAILED (the driver has ended)"),
    ],
)
def test_what_fails_there_fails_the_step_by_name(
    aws: str, tmp_path: Path, cell: str, said: str
) -> None:
    dump(aws, tmp_path, 20)
    project = tmp_path / "project"
    assert workbench("init", str(project)).returncode == 0
    path = project / "notebooks" / "01_silver_users.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][-2]["source"] = cell
    path.write_text(json.dumps(notebook))
    asked = ("--source", f"{aws}/users.json", "--lake", f"{aws}/lake", "-p", "pii=[]")
    done = workbench("run", "--engine", "glue", *asked, env=with_aws(), cwd=project)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert "01_silver_users failed" in done.stderr and "--resume" in done.stderr
    assert told(aws)["status"][-1] in ("STOPPED", "FAILED")


@pytest.mark.parametrize(
    ("variables", "asked", "said"),
    [
        ({"WORKBENCH_GLUE_ROLE": "arn:aws:iam::1:role/broken"}, (), "did not start: it is FAILED"),
        ({"WORKBENCH_GLUE_ROLE": "arn:aws:iam::1:role/denied"}, (), "glue:CreateSession"),
        ({"WORKBENCH_GLUE_ROLE": ""}, (), "no role is named for the session"),
        ({"WORKBENCH_PII_KEY": "k" * 32}, (), "give the ARN of the secret"),
        ({}, ("--lake", "here"), "here is on this machine"),
    ],
)
def test_sessions_that_cannot_be_had_are_said(
    aws: str, tmp_path: Path, variables: dict[str, str], asked: tuple[str, ...], said: str
) -> None:
    dump(aws, tmp_path, 5)
    done = run(aws, "--runs", str(tmp_path / "runs"), "-p", "pii=[]", *asked, **variables)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "READY" not in told(aws)["status"]


def test_ctrl_c_stops_the_session(aws: str, tmp_path: Path) -> None:
    dump(aws, tmp_path, 20)
    asked = ("--source", f"{aws}/users.json", "--lake", f"{aws}/lake", "-p", "pii=[]")
    command = [str(WORKBENCH), "run", "--engine", "glue", *asked, "--runs", str(tmp_path / "runs")]
    before = len(told(aws)["calls"])
    with subprocess.Popen(command, env=with_aws(), stderr=subprocess.PIPE, text=True) as running:
        while told(aws)["calls"][before:].count("RunStatement") < 4:
            assert running.poll() is None
            time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=300)[1]
    assert running.returncode == 1 and "--resume" in said, said
    assert told(aws)["status"][-1] == "STOPPED"


def test_a_cell_that_fails_by_hand_is_an_error_of_the_labs_kernel(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SESSION_VARIABLE, settings_for(f"{aws}/by_hand", []).text())
    monkeypatch.setattr(GlueKernelManager, "folder", tmp_path)
    place = of_glue(f"{aws}/by_hand", [])["JUPYTER_PATH"].split(os.pathsep)[0]
    lab = KernelSpecManager(kernel_dirs=[f"{place}/kernels"]).get_kernel_spec("workbench")
    assert KERNEL[1:] == lab.argv[1:]
    failing = nbformat.v4.new_code_cell("raise ValueError('no such thing')")  # type: ignore[no-untyped-call]
    made = nbformat.v4.new_notebook(cells=[failing])  # type: ignore[no-untyped-call]
    with pytest.raises(CellExecutionError, match="no such thing"):
        NotebookClient(made, kernel_manager_class=GlueKernelManager, timeout=600).execute()
    assert told(aws)["status"][-1] == "STOPPED"
