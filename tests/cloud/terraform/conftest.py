"""Terraform with the schema-only provider, and a stack that was applied to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.terraform.schema_of_wheel import schema_of, types_in
from cloud.terraform.schema_provider import serving
from workbench.aws import build

ROOT = Path(__file__).resolve().parents[3]
BINDINGS = "cdktf-cdktf-provider-aws==21.22.1"  # of the AWS provider 6.25.0
Applied = Callable[..., dict[str, list[dict[str, Any]]]]
Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def reattach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("provider")
    fetched = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*fetched, str(folder), BINDINGS], check=True)
    (wheel,) = folder.glob("*.whl")
    with serving(schema_of(wheel, {*types_in(ROOT / "terraform")})) as told:
        yield told


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `terraform/`, with what it needs beside it."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "sql", root / "sql")
    build(root / "build" / "aws")
    made_elsewhere = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    return shutil.copytree(ROOT / "terraform", root / "terraform", ignore=made_elsewhere)


@pytest.fixture(scope="session")
def terraform(reattach: str, project: Path) -> Terraform:
    """Runs Terraform in the project; gives what it said."""
    assert shutil.which("terraform"), (
        "terraform (1.11 or later) is not on the PATH: https://developer.hashicorp.com/terraform"
    )
    settings = {
        "TF_REATTACH_PROVIDERS": reattach,
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }

    def run(*arguments: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", arguments[0], "-no-color", *arguments[1:]],
            cwd=project,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert fails == (done.returncode != 0), done.stdout + done.stderr
        return done

    run("init", "-backend=false")
    return run


@pytest.fixture(scope="session")
def stack(applied: Applied) -> dict[str, list[dict[str, Any]]]:
    """What an apply made: the values of each resource, by type."""
    return applied()


@pytest.fixture(scope="session")
def applied(terraform: Terraform) -> Applied:
    """Applies the stack, and gives the values of each resource, by type."""

    def apply(*options: str) -> dict[str, list[dict[str, Any]]]:
        terraform("apply", "-auto-approve", *options)
        return made_of(terraform)

    return apply


def made_of(terraform: Terraform) -> dict[str, list[dict[str, Any]]]:
    state = json.loads(terraform("show", "-json").stdout)
    made: dict[str, list[dict[str, Any]]] = {}
    for resource in state["values"]["root_module"]["resources"]:
        made.setdefault(resource["type"], []).append(
            resource["values"] | {"index": resource.get("index")}
        )
    return made
