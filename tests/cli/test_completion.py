"""What a shell completes, asked of the shell itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.processes import workbench


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "workbench.bash"
    path.write_text(workbench("--print-completion", "bash").stdout)
    return path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("workbench fl", {"flatten"}), ("workbench run --la", {"--lake"})],
)
def test_bash_completes_commands_and_options(script: Path, typed: str, offered: set[str]) -> None:
    asked = (
        f"source {script}; COMP_WORDS=({typed}); COMP_CWORD={len(typed.split()) - 1}; "
        f'_shtab_workbench workbench {typed.split()[-1]}; echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert {word.strip() for word in done.stdout.split()} == offered


def test_a_shell_that_is_not_known_is_refused_with_those_that_are() -> None:
    done = workbench("--print-completion", "fish")
    assert done.returncode == 2
    assert "bash" in done.stderr and "zsh" in done.stderr
