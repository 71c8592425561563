"""The stack deployed and destroyed by command, against the provider's schema without AWS."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.aws.deployment import failure, kept
from workbench.cli import main
from workbench.services import made_client

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.cloud


@pytest.fixture
def checkout(bucket: str, reattach: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, with nothing applied; the account is a stand-in's."""
    made_client.cache_clear()
    elsewhere = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan")
    shutil.copytree(ROOT / "terraform", tmp_path / "terraform", ignore=elsewhere)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    monkeypatch.setenv("TF_REATTACH_PROVIDERS", reattach)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_state(checkout: Path) -> set[str]:
    command = ["terraform", "-chdir=terraform", "state", "list"]
    said = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False).stdout
    return {line.partition("[")[0] for line in said.split() if not line.startswith("data.")}


def test_one_command_deploys_and_one_takes_away_all_but_the_data(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["aws", "deploy", "--environment", "dev"]) == 2
    assert "Nobody is there to answer: say --yes" in capfd.readouterr().err
    assert in_state(checkout) == set()
    asked = ["--environment", "dev", "--yes", "--var", "log_days=30"]
    assert main(["aws", "deploy", *asked]) == 0, capfd.readouterr().err
    said = capfd.readouterr().out
    assert "Plan:" in said and "`workbench aws run` runs the chain" in said
    assert "aws_glue_job.step" in in_state(checkout)
    state = json.loads(next((checkout / "terraform").rglob("terraform.tfstate")).read_text())
    assert state["outputs"]["name"]["value"] == "workbench-dev"
    assert state["outputs"]["databases"]["value"]["gold"] == "dev_gold"
    assert main(["aws", "destroy", *asked]) == 0, capfd.readouterr().err
    left, said = in_state(checkout), capfd.readouterr().out
    for stays in ("aws_s3_bucket.this", "aws_s3_bucket_policy.this", "aws_kms_key.this"):
        assert stays in left and f"    {stays}" in said
    assert {"aws_secretsmanager_secret.hash_key", "aws_iam_role.step"} <= left
    gone = ("aws_glue_", "aws_sfn_", "aws_athena_", "aws_lambda_", "aws_scheduler_", "aws_budgets_")
    assert [address for address in left if address.startswith(gone)] == []
    assert main(["aws", "destroy", "--everything", *asked]) == 0, capfd.readouterr().err
    assert in_state(checkout) == set() and "Nothing stays." in capfd.readouterr().out


@pytest.mark.parametrize("command", ["deploy", "destroy"])
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "there are no credentials"),
        (("AWS_REGION",), "no region is set. Set AWS_REGION."),
    ],
)
def test_without_credentials_or_a_region_nothing_is_done(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    missing: tuple[str, ...],
    said: str,
) -> None:
    for name in missing:
        monkeypatch.delenv(name)
    made_client.cache_clear()
    assert main(["aws", command, "--yes"]) == 1
    assert f"{command}: {said}" in capsys.readouterr().err
    assert not (checkout / "build").exists()


def test_what_was_never_deployed_is_not_destroyed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["aws", "destroy", "--environment", "nope", "--yes"]) == 2
    assert "nope was never deployed from" in capsys.readouterr().err
    assert not (checkout / "terraform" / "terraform.tfstate.d").exists()


def test_what_data_depends_on_stays_with_it() -> None:
    resources: dict[str, set[str]] = {
        "aws_s3_bucket_policy.this": {"aws_iam_role.step", "data.aws_partition.this"},
        "aws_iam_role.step": {"aws_other.thing"},
        "aws_other.thing": set(),
        "aws_glue_job.step": {"aws_iam_role.step"},
    }
    assert kept(resources) == resources.keys() - {"aws_glue_job.step"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "╷\n│ Error: creating X\n│ User: u is not authorized to perform: kms:CreateKey on "
            "resource: arn:aws:kms:k because",
            "there is no permission kms:CreateKey on arn:aws:kms:k.",
        ),
        (
            "\x1b[31m╷\x1b[0m\n\x1b[31m│\x1b[0m \x1b[1m\x1b[31mError: timeout\x1b[0m\n╵",
            "Error: timeout. What was done stays",
        ),
    ],
)
def test_why_terraform_failed_is_told_in_a_sentence(said: str, told: Any) -> None:
    assert failure(said, "apply").startswith(told)
