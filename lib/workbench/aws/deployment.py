"""The stack applied and taken away, by Terraform, from a checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.aws.bundle import build
from workbench.aws.stack import QUIET, carried_out, environment_of, first_line, folder, program
from workbench.errors import RequestError, ServiceError
from workbench.services import asked, client, no_permission, region

OLDEST = (1, 11)  # of Terraform, for write-only arguments
USUAL = "main"  # the environment of the workspace `default`
PLAN = "workbench.tfplan"
# What data needs to stay readable, and closed to others, with all that these depend on.
KEPT = ("aws_s3_bucket", "aws_kms_", "aws_secretsmanager_")
Agreed = Callable[[str], bool]


def account(command: str) -> str:
    """The account that is worked in. Raises ServiceError without credentials, or a region."""
    region(command)
    told = asked(command, lambda: client("sts").get_caller_identity())
    return str(told["Account"])


def check_version() -> None:
    told = json.loads(carried_out(folder(), None, "version", "-json"))["terraform_version"]
    if tuple(map(int, re.findall(r"\d+", told)[:2])) < OLDEST:
        raise RequestError(
            f"Terraform is {told}, and must be {'.'.join(map(str, OLDEST))} at least."
        )


def deploy(environment: str | None, variables: Mapping[str, str], agreed: Agreed) -> bool:
    """Builds what is deployed and applies the stack; whether that was agreed to.

    `agreed` is asked once the plan has been shown. Raises RequestError or ServiceError where
    something is missing, before anything is changed.
    """
    where = folder()
    check_version()
    number = account("deploy")
    out = where.parent / "build" / "aws"
    out.parent.mkdir(parents=True, exist_ok=True)
    build(out, where)
    carried_out(where, None, "init", "-input=false")
    name = workspace(where, environment)
    told = arguments(name, variables)
    shown(where, "plan", "-input=false", f"-out={PLAN}", *told)
    try:
        if not agreed(f"Apply this to the account {number}?"):
            return False
        shown(where, "apply", "-input=false", PLAN)
    finally:
        (where / PLAN).unlink(missing_ok=True)
    return True


def workspace(where: Path, environment: str | None) -> str:
    """Chooses the workspace of an environment, made where it is new; its environment's name."""
    if environment is not None:
        carried_out(where, None, "workspace", "select", "-or-create", environment_of(environment))
    return chosen(where)


def chosen(where: Path) -> str:
    """The environment of the workspace that is chosen."""
    now = carried_out(where, None, "workspace", "show").strip()
    return USUAL if now == "default" else now


def check_there(where: Path, environment: str) -> None:
    """Raises RequestError where an environment was never deployed from here."""
    said = carried_out(where, None, "workspace", "list")
    there = [USUAL if n == "default" else n for n in said.replace("*", " ").split()]
    if environment not in there:
        raise RequestError(
            f"--environment: {environment} was never deployed from {where}. There is "
            f"{', '.join(there)}."
        )


def arguments(environment: str, variables: Mapping[str, str]) -> list[str]:
    """What Terraform is told of an environment: names of its own, beside the usual one."""
    own = {"environment": environment}
    own |= {"database_prefix": f"{environment}_"} if environment != USUAL else {}
    return [f"-var={name}={value}" for name, value in (own | dict(variables)).items()]


def destroy(
    environment: str | None, variables: Mapping[str, str], agreed: Agreed, *, data: bool
) -> list[str]:
    """Takes the stack away but for its data, or all of it; gives what stays.

    Data stays with what keeps it readable and closed: buckets and their settings, the key, the
    secret of the hashes, and whom their policies name.
    """
    where = folder()
    check_version()
    number = account("destroy")
    carried_out(where, None, "init", "-input=false")
    if environment is not None:
        check_there(where, environment)
    told = arguments(workspace(where, environment), variables)
    resources = managed(where)
    stays = [] if data else sorted(kept(resources))
    goes = sorted(resources.keys() - {*stays})
    if not goes:
        return stays
    said = "ALL of it, the lake, dumps and runs too," if data else f"{len(goes)} kinds of resources"
    if not agreed(f"Destroy {said} in the account {number}?"):
        raise RequestError("Nothing was destroyed.")
    if data:
        shown(where, "apply", "-input=false", "-auto-approve", *told, "-var=keep_data=false")
        shown(where, "destroy", "-input=false", "-auto-approve", *told, "-var=keep_data=false")
    else:
        targets = [f"-target={address}" for address in goes]
        shown(where, "destroy", "-input=false", "-auto-approve", *told, *targets)
    return stays


def managed(where: Path) -> dict[str, set[str]]:
    """What the stack has made, by its address in the configuration, with what that depends on."""
    said = carried_out(where, None, "state", "pull")
    state = json.loads(said) if said.strip() else {"resources": []}
    return {
        f"{one['type']}.{one['name']}": dependencies(one["instances"])
        for one in state["resources"]
        if one["mode"] == "managed"
    }


def dependencies(instances: Sequence[Mapping[str, Any]]) -> set[str]:
    return {address for one in instances for address in one.get("dependencies", [])}


def kept(resources: Mapping[str, set[str]]) -> set[str]:
    """The addresses that stay with the data: those of KEPT, and all that they depend on."""
    found = {address for address in resources if address.startswith(KEPT)}
    while more := {d for address in found for d in resources[address] & resources.keys()} - found:
        found |= more
    return found


def shown(where: Path, *arguments: str) -> None:
    """A command of Terraform whose words go to the terminal. ServiceError where it does not end
    well; a permission that is missing is named."""
    plainly = () if sys.stdout.isatty() else ("-no-color",)
    done = subprocess.run(
        [program(), f"-chdir={where}", arguments[0], *plainly, *arguments[1:]],
        env=os.environ | QUIET,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise ServiceError(f"terraform {arguments[0]}: {failure(done.stderr, arguments[0])}")


def failure(said: str, command: str) -> str:
    """Why Terraform did not end well, in a sentence."""
    denied = no_permission(said)
    done = "Nothing was changed" if command == "plan" else "What was done stays"
    return denied or f"{first_line(said).rstrip(':.')}. {done}; mend it, and run this again."


def answers(yes: bool) -> Agreed:
    """Who agrees: whoever has said so, or whoever is asked in the terminal."""

    def ask(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise RequestError(f"{question} Nobody is there to answer: say --yes.")
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")

    return ask


def variables(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` pairs. Raises RequestError for what is none."""
    found: dict[str, Any] = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RequestError(f"--var: {text!r} is not name=value. See terraform/variables.tf.")
        found[name] = value
    return found
