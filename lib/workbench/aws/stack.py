"""The stack that Terraform has applied for a project: its names and addresses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RequestError
from workbench.places import project
from workbench.services import region

TERRAFORM = "terraform"
QUIET = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
COLOURS = re.compile("\x1b\\[[0-9;]*m")
PLAINLY = {"output": ("-no-color",), "init": ("-no-color",)}


@dataclass(frozen=True)
class Stack:
    """What commands need of a stack; see terraform/outputs.tf."""

    name: str
    region: str
    bronze: str
    lake: str
    runs: str
    state_machine: str
    workgroup: str
    logs: list[str]


def applied(environment: str | None = None) -> Stack:
    """The stack of an environment (a workspace of Terraform's), or of the one that is chosen there.

    Raises RequestError where there is no Terraform, or it has applied nothing here.
    """
    said = carried_out(folder(), environment, "output", "-json")
    told = {name: output["value"] for name, output in json.loads(said).items()}
    missing = sorted(Stack.__dataclass_fields__.keys() - told.keys())
    if missing:
        raise RequestError(
            f"The stack was not applied from {folder()}"
            + (f" for {environment}" if environment else "")
            + f": it has no {missing[0]}. terraform/README.md says how, or where its state is, "
            "which `terraform init` is told."
        )
    return Stack(**{name: told[name] for name in Stack.__dataclass_fields__})


def reached(command: str, environment: str | None = None) -> Stack:
    """The same, where it can be asked. Raises ServiceError without credentials or a region,
    RequestError where the region is not the stack's."""
    here, found = applied(environment), region(command)
    if found != here.region:
        raise RequestError(
            f"{command}: the region is {found}, and the stack is in {here.region}. Set AWS_REGION="
            f"{here.region}."
        )
    return here


def folder() -> Path:
    """The configuration of Terraform of the project. Raises RequestError where it has none."""
    found = project().root / "terraform"
    if not found.is_dir():
        raise RequestError(
            f"There is no folder terraform in {project().root}. Work in a checkout of Workbench, "
            "whose stack it describes."
        )
    return found


def program() -> str:
    """Where Terraform is. Raises RequestError where it is not."""
    found = shutil.which(TERRAFORM)
    if found is None:
        raise RequestError(
            "Terraform is not on the PATH. Install 1.11 or later: "
            "https://developer.hashicorp.com/terraform/install"
        )
    return found


def environment_of(name: str) -> str:
    """The workspace of an environment."""
    return "default" if name == "main" else name


def carried_out(where: Path, environment: str | None, *arguments: str) -> str:
    """What Terraform says of a command that ends well. RequestError where it does not."""
    chosen = {"TF_WORKSPACE": environment_of(environment)} if environment else {}
    done = subprocess.run(
        [program(), f"-chdir={where}", *arguments, *PLAINLY.get(arguments[0], ())],
        env=os.environ | QUIET | chosen,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RequestError(f"terraform {arguments[0]} in {where}: {first_line(done.stderr)}")
    return done.stdout


def first_line(said: str) -> str:
    """What Terraform says first of an error, without the frame around it."""
    lines = [line.strip("│╷╵ ") for line in COLOURS.sub("", said).splitlines()]
    return next((line for line in lines if line), "it does not say why")
