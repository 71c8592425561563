"""The chain by the job's script, with the modules that AWS Glue has at its versions, and no other.

Each environment is made by uv, as a job makes its own: what Glue brings, what the stack tells it to
install, and the library from its zip.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import environment
from workbench.aws import execution
from workbench.aws.bundle import build
from workbench.aws.state_machine import REPORT
from workbench.chain import STEPS
from workbench.cli import main
from workbench.engines.spark import local_environment
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.sample import write_sample
from workbench.services import client, made_client
from workbench.storage import store_of

pytestmark = pytest.mark.cloud
HERE = Path(__file__).resolve().parent
DAY = "2022-01-18"
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
BROUGHT = {
    "5.0": "pyspark==3.5.4 pyarrow==17.0.0 numpy==1.26.4 pandas==2.2.2 matplotlib==3.9.0 "
    "boto3==1.34.131",
    "5.1": "pyspark==3.5.6 pyarrow==22.0.0 numpy==2.3.4 pandas==2.3.3 matplotlib==3.10.7 "
    "boto3==1.40.61",
}
INSTALLED = "anyascii==0.3.3 jinja2==3.1.6"  # by jobs: `python_modules` of the stack


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "aws"
    build(out)
    return out


def job(glue: str, bundle: Path, step: str, **arguments: str) -> None:
    """One job run: its own Python, started with nothing but what Glue's environment has."""
    modules = [word for m in f"{BROUGHT[glue]} {INSTALLED}".split() for word in ("--with", m)]
    python = [Path(sys.executable).with_name("uv"), "run", "--isolated", "--no-project", "--quiet"]
    process = [HERE / "job_process.py", bundle]
    given = {f"--{name}": value for name, value in arguments.items()}
    own = local_environment()["JAVA_HOME"]
    told = {"JOB_NAME": f"test-{step}", "JOB_ARGUMENTS": json.dumps(given), "JAVA_HOME": own}
    kept = {KEY_VARIABLE: os.environ[KEY_VARIABLE]}
    done = subprocess.run(
        [str(w) for w in (*python, "--python", sys.executable, *modules, "python", *process)],
        env=environment(**told, **kept),
        cwd=bundle,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{step}: {done.stderr[-2000:]}"


@pytest.mark.parametrize("glue", BROUGHT)
def test_the_chain_runs_by_the_jobs_script(
    glue: str, bundle: Path, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_client.cache_clear()
    databases = f"{{layer}}_{glue[-1]}"  # for each its own, in one catalog
    for layer in ("silver", "gold"):
        name = databases.format(layer=layer)
        client("glue").create_database(DatabaseInput={"Name": name})
    for path in bundle.glob("notebooks/*"):
        store_of(f"{bucket}/code/notebooks/{path.name}").write(path.read_bytes())
    write_sample(tmp_path / "dump.json", 500, flaws=True)
    store_of(f"{bucket}/bronze/dump.json").write((tmp_path / "dump.json").read_bytes())
    lake = f"{bucket}/lake"
    told = {"SOURCE": f"{bucket}/bronze/", "LAKE": lake, "RUNS": f"{bucket}/runs", "GLUE": glue}
    for name, value in told.items():
        monkeypatch.setenv(f"WORKBENCH_{name}", value)
    monkeypatch.setenv(KEY_VARIABLE, "the same in all the jobs")
    monkeypatch.setattr(execution, "refuse_second", lambda *_: None)
    asked = {"do": "begin", "input": {}, "started": f"{DAY}T10:00:00Z", "execution": glue}
    run = execution.handler(asked)
    for step in (*(step.name for step in STEPS), REPORT):
        told = {"run": json.dumps(run), "code": f"{bucket}/code", "catalog": databases}
        job(glue, bundle, step, **told)
    record = json.loads(store_of(f"{run['folder']}/run.json").read())
    assert record["state"] == "done"
    assert {s["state"] for s in record["steps"].values()} == {"done"}
    silver = record["steps"][STEPS[0].name]
    assert (silver["rows_in"], silver["rows_out"]) == (502, 500)
    kept = {found.address.rpartition("/")[2] for found in store_of(run["folder"]).files()}
    assert {"report.html", "04_score_charts.ipynb", "score_ranges.png"} <= kept
    assert main(["verify", "--lake", lake]) == 0
    assert main(["aws", "catalog", "--check", "--lake", lake]) == 0
