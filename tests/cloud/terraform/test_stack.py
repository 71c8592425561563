"""The stack, against the AWS provider's schema without AWS: what fits together, and its policies.

What only an account can show is in terraform/README.md.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.aws import machine
from workbench.chain import STEPS
from workbench.sql import sql_files

ROOT = Path(__file__).resolve().parents[3]
CHECKOV = "checkov==3.3.30"
Stack = dict[str, list[dict[str, Any]]]
# Actions for which AWS knows no finer resource, by the statement that has them.
WITHOUT_RESOURCE = {"Metrics", "LogsAndTraces"}

pytestmark = pytest.mark.cloud


def statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something, with the name of the role or policy."""
    for policy in [*stack["aws_iam_role_policy"], *stack["aws_iam_policy"]]:
        for statement in json.loads(policy["policy"])["Statement"]:
            yield policy.get("role") or policy["name"], statement


def as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def of_step(stack: Stack, name: str, sid: str) -> list[dict[str, Any]]:
    return [s for role, s in statements(stack) if role.endswith(name) and s["Sid"] == sid]


def test_files_are_formatted(terraform: Any) -> None:
    terraform("fmt", "-check", "-recursive")


def test_the_configuration_fits_the_provider_s_schema(terraform: Any) -> None:
    terraform("validate")


def test_a_misspelt_argument_would_be_found(terraform: Any, project: Path) -> None:
    wrong = project / "wrong.tf"
    wrong.write_text('resource "aws_sqs_queue" "wrong" {\n  nmae = "wrong"\n}\n')
    try:
        said = terraform("validate", fails=True).stderr
    finally:
        wrong.unlink()
    assert 'An argument named "nmae" is not expected here' in said


def test_the_tests_of_its_inputs_pass(terraform: Any) -> None:
    assert re.search(r"Success! \d+ passed, 0 failed", terraform("test").stdout)


def test_a_second_plan_changes_nothing(stack: Stack, terraform: Any) -> None:
    assert "No changes." in terraform("plan").stdout


def test_no_action_is_a_pattern(stack: Stack) -> None:
    actions = [a for _, s in statements(stack) for a in as_list(s["Action"])]
    assert [action for action in actions if "*" in action] == []


def test_a_resource_is_everything_only_where_aws_has_no_finer_one(stack: Stack) -> None:
    everything = {s["Sid"] for _, s in statements(stack) if "*" in as_list(s["Resource"])}
    assert everything == WITHOUT_RESOURCE


def test_only_the_first_step_reads_dumps_and_the_key_of_the_hashes(stack: Stack) -> None:
    for sid in ("Dumps", "HashKey"):
        roles = {r for r, s in statements(stack) if s["Sid"] == sid and not r.endswith("crawler")}
        assert roles == {"workbench-main-01_silver_users"}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_writes_its_own_tables_and_no_others(stack: Stack, step: Any) -> None:
    written = [r for s in of_step(stack, step.name, "Publishes") for r in s["Resource"]]
    ends = sorted(f"/lake/{table.replace('.', '/')}/*" for table in step.writes)
    assert sorted("/lake" + r.rpartition("/lake")[2] for r in written) == ends


@pytest.mark.parametrize("step", [s for s in STEPS if s.writes], ids=lambda step: step.name)
def test_a_step_may_do_what_registering_its_tables_takes(stack: Stack, step: Any) -> None:
    code = (ROOT / "lib/workbench/catalog/glue.py").read_text()
    used = {w.title().replace("_", "") for w in re.findall(r'"((?:[a-z]+_)+[a-z]+)"', code)}
    used -= {"CreateDatabase", "GetTables"}  # of `workbench aws catalog`, by a person
    may = {a for s in of_step(stack, step.name, "Registers") for a in s["Action"]}
    reads = {a for s in of_step(stack, step.name, "ReadsCatalog") for a in s["Action"]}
    assert {f"glue:{name}" for name in used} == may | reads
    job = next(j for j in stack["aws_glue_job"] if j["name"].endswith(step.name))
    assert job["non_overridable_arguments"]["--catalog"] == "{layer}"


def test_who_runs_the_chain_may_do_what_the_commands_ask(stack: Stack) -> None:
    code = (ROOT / "lib/workbench/aws/executions.py").read_text()
    used = {name.title().replace("_", "") for name in re.findall(r"\.([a-z]+_[a-z_]+)\(\n?", code)}
    used |= {w.title().replace("_", "") for w in re.findall(r'get_paginator\("(\w+)"', code)}
    services = {"StartExecution", "StopExecution", "DescribeExecution", "ListExecutions"}
    services |= {"GetJobRuns", "DescribeLogStreams", "GetLogEvents"}
    may = [a for who, s in statements(stack) if who.endswith("-operator") for a in s["Action"]]
    assert services <= used
    assert services <= {action.partition(":")[2] for action in may}


def test_nobody_but_the_first_step_sees_what_was_quarantined(stack: Stack) -> None:
    seen = {r for r, s in statements(stack) if "quarantine" in json.dumps(s)}
    assert seen == {"workbench-main-01_silver_users"}


def test_a_session_may_do_what_all_steps_may_and_is_there_only_where_it_is_asked_for(
    stack: Stack, applied: Any
) -> None:
    def allowed(made: Stack, who: str) -> set[tuple[str, str]]:
        of = [s for role, s in statements(made) if role.endswith(who)]
        return {(a, r) for s in of for a in as_list(s["Action"]) for r in as_list(s["Resource"])}

    assert not allowed(stack, "-sessions")
    try:
        opened = applied("-var", "sessions=true")
    finally:
        applied()
    session = allowed(opened, "-sessions")
    for step in STEPS:
        assert allowed(opened, step.name) <= session
    (role,) = (r for r in opened["aws_iam_role"] if r["name"].endswith("-sessions"))
    closed = [json.loads(p["policy"]) for p in opened["aws_s3_bucket_policy"]]
    closed += [json.loads(p["policy"]) for p in opened["aws_secretsmanager_secret_policy"]]
    but = [json.dumps(s) for p in closed for s in p["Statement"] if "PrincipalArn" in json.dumps(s)]
    assert but and all(role["arn"] in statement for statement in but)
    person = allowed(opened, "-author")
    assert ("iam:PassRole", role["arn"]) in person
    code = (ROOT / "lib/workbench/aws/sessions.py").read_text()
    used = {n.title().replace("_", "") for n in re.findall(r'client\("glue"\)\.([a-z_]+)', code)}
    assert {f"glue:{name}" for name in used} == {a for a, _ in person if a.startswith("glue:")}


def test_who_is_stopped_is_told_of_and_recorded(stack: Stack) -> None:
    targets = {target["arn"]: target for target in stack["aws_cloudwatch_event_target"]}
    (function,) = stack["aws_lambda_function"]
    (may,) = stack["aws_lambda_permission"]
    assert targets.keys() == {stack["aws_sns_topic"][0]["arn"], function["arn"]}
    assert may["source_arn"] == stack["aws_cloudwatch_event_rule"][0]["arn"]
    asked = targets[function["arn"]]["input_transformer"][0]["input_template"]
    told = json.loads(asked.replace("<execution>", '"e"').replace("<started>", "1"))
    assert told == {"do": "ended", "execution": "e", "started": 1}


def test_the_machine_starts_the_stack_s_own_jobs(stack: Stack) -> None:
    (definition,) = (m["definition"] for m in stack["aws_sfn_state_machine"])
    started = set(re.findall(r'"JobName":\s*"([^"]+)"', definition))
    assert started == {job["name"] for job in stack["aws_glue_job"]}
    assert json.loads(definition)["States"].keys() == machine()["States"].keys()
    assert "${" not in definition


def test_buckets_are_private_and_encrypted_and_nothing_is_reached_without_tls(stack: Stack) -> None:
    buckets = {bucket["index"] for bucket in stack["aws_s3_bucket"]}
    assert buckets == {"bronze", "lake", "runs", "code"}
    for block in stack["aws_s3_bucket_public_access_block"]:
        assert all(v for n, v in block.items() if n.startswith(("block_", "ignore_", "restrict_")))
    for kind in ("public_access_block", "server_side_encryption_configuration", "policy"):
        assert {one["index"] for one in stack[f"aws_s3_bucket_{kind}"]} == buckets
    told = [stack[f"aws_{kind}_policy"] for kind in ("s3_bucket", "sns_topic", "sqs_queue")]
    for policy in [one for kind in told for one in kind]:
        said = {s["Sid"]: s for s in json.loads(policy["policy"])["Statement"]}["OnlyOverTls"]
        assert (said["Effect"], said["Principal"]) == ("Deny", "*")
        assert said["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_quarantine_and_key_are_closed_to_all_but_the_first_step(stack: Stack) -> None:
    """Also to whoever may read every bucket and secret of the account: a denial goes before."""
    (first,) = (r["arn"] for r in stack["aws_iam_role"] if r["name"].endswith("01_silver_users"))
    (lake,) = (p for p in stack["aws_s3_bucket_policy"] if p["index"] == "lake")
    closed = json.loads(lake["policy"])["Statement"][1]
    quarantine, staged = closed["Resource"]
    assert quarantine.endswith("/lake/quarantine/*")
    assert staged.endswith("/lake/.workbench/staging/*/bad/*")
    (key,) = json.loads(stack["aws_secretsmanager_secret_policy"][0]["policy"])["Statement"]
    for refused in (closed, key):
        assert (refused["Effect"], refused["Principal"]) == ("Deny", "*")
        assert refused["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": [first]}}


def test_logs_of_executions_quote_no_data(stack: Stack) -> None:
    (chain,) = stack["aws_sfn_state_machine"]
    assert chain["logging_configuration"][0]["include_execution_data"] is False


def test_the_lake_and_the_runs_keep_no_old_versions(stack: Stack) -> None:
    """What `workbench forget` removes must be gone."""
    assert {v["index"] for v in stack["aws_s3_bucket_versioning"]} == {"bronze", "code"}


def test_nothing_of_a_table_passes_by_itself(stack: Stack) -> None:
    (lake,) = (
        one for one in stack["aws_s3_bucket_lifecycle_configuration"] if one["index"] == "lake"
    )
    expiring = [rule["filter"][0]["prefix"] for rule in lake["rule"] if rule["expiration"]]
    assert sorted(expiring) == ["lake/.workbench/sessions/", "lake/.workbench/staging/"]


def test_the_key_of_the_hashes_is_in_no_state(stack: Stack, project: Path) -> None:
    (secret,) = stack["aws_secretsmanager_secret_version"]
    assert secret["secret_string_wo"] is None
    assert "random_password-random_password" not in (project / "terraform.tfstate").read_text()


def test_every_analysis_is_a_named_query_as_it_is(stack: Stack) -> None:
    named = {query["name"]: query["query"] for query in stack["aws_athena_named_query"]}
    assert named == {file.name: file.text for file in sql_files()}


def test_everything_with_a_log_keeps_it_for_a_while_and_encrypted(stack: Stack) -> None:
    groups = stack["aws_cloudwatch_log_group"]
    assert len(groups) == 4
    assert all(group["retention_in_days"] == 365 and group["kms_key_id"] for group in groups)


def test_checkov_finds_nothing_that_is_not_answered() -> None:
    uv, folder = str(Path(sys.executable).with_name("uv")), str(ROOT / "terraform")
    command = [uv, "tool", "run", "--from", CHECKOV, "checkov", "-d", folder]
    plain = ["--framework", "terraform", "--compact", "--quiet", "--skip-download", "-o", "json"]
    done = subprocess.run([*command, *plain], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert [c["check_id"] for c in found["results"]["failed_checks"]] == []
    assert found["summary"]["passed"] > 100
