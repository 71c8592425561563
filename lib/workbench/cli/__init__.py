"""The command line. Each command is a module of this room.

Exit code 0: done; 1: the run failed; 2: the request is wrong.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from workbench.cli.ending import checked_output, interrupt_on_signals
from workbench.cli.standard_input import keep_standard_input
from workbench.cli.waiting import with_an_end
from workbench.errors import RequestError, WorkbenchError
from workbench.meanings import meaning
from workbench.on_demand import use_own_distutils
from workbench.visible import visible


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = argparse.Namespace(debug=False)
    use_own_distutils()
    os.umask(os.umask(0) | stat.S_IWOTH)  # others may read what is shared, but never write there
    try:
        interrupt_on_signals()
        with checked_output():
            options = parser().parse_args(arguments)
            refuse_elsewhere(options)
            keep_standard_input(options)
            with with_an_end() if waits(options) else nullcontext():
                options.command(options)
    except RequestError as error:
        return failed(error, 2, options.debug)
    except WorkbenchError as error:
        return failed(error, 1, options.debug)
    except KeyboardInterrupt as error:
        return failed(
            WorkbenchError(
                "Interrupted. "
                + (
                    f"The lake is as it was after the last finished step; go on with {error}"
                    if str(error)
                    else "Every table is as it was; run again."
                )
            ),
            1,
            options.debug,
            error,
        )
    except Exception as error:
        return failed(error, 1, options.debug)
    return 0


def waits(options: argparse.Namespace) -> bool:
    """Whether a command waits for an engine; a source that is piped in may take its time."""
    return hasattr(options, "engine") and "-" not in (getattr(options, "source", None) or [])


def refuse_elsewhere(options: argparse.Namespace) -> None:
    """Raises RequestError for an address where only a path of this machine is understood."""
    from workbench.storage import local_path

    for name in ("out", "freeze", "params"):
        local_path(getattr(options, name, None) or "", f"--{name}")


def failed(error: Exception, code: int, debug: bool, cause: BaseException | None = None) -> int:
    if debug:
        print(visible("".join(traceback.format_exception(cause or error))), file=sys.stderr, end="")
    if not isinstance(error, WorkbenchError):
        said = f"{type(error).__name__}: {error}"
        if not isinstance(error, OSError):  # which names the file itself
            said = meaning(said, "") or said
        print(visible(f"error: {said} (--debug shows where)"), file=sys.stderr)
    else:
        print(visible(f"error: {error}"), file=sys.stderr)
    return code


class Version(argparse.Action):
    """Reads the version when it is asked for, not at each start."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        import workbench

        print(f"workbench {workbench.__version__}")
        parser.exit()


class Completion(argparse.Action):
    """Prints what makes a shell complete commands, options and paths."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, choices=("bash", "zsh", "tcsh"), **more)

    def __call__(self, parser: argparse.ArgumentParser, _: Any, shell: Any, *__: Any) -> None:
        import shtab

        for action in actions(parser):
            if action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
            elif action.metavar in ("PATH", "FILE", "SOURCE"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, shell))
        parser.exit()


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every option and argument of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from actions(command)


class Parser(argparse.ArgumentParser):
    """Tells what a command does not know by its own usage, and what may be meant."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        options, others = super().parse_known_args(args, namespace)
        if others:
            from difflib import get_close_matches

            near = get_close_matches(others[0].partition("=")[0], self._option_string_actions, 1)
            meant = f"; {near[0]} may be meant" if near else ""
            self.error(f"unrecognized arguments: {' '.join(others)}{meant}")
        return options, others


def parser() -> argparse.ArgumentParser:
    from workbench.cli import (
        aws_command,
        files_command,
        flatten_command,
        forget_command,
        history_command,
        init_command,
        lab_command,
        new_command,
        run_command,
        sample_command,
        schema_command,
        sql_command,
        sweep_command,
        verify_command,
    )

    top = Parser(
        prog="workbench",
        description="Nested JSON dumps to flat, verified tables and charts.",
        epilog="Exit code 0: done; 1: the run failed; 2: the request is wrong.",
    )
    top.add_argument("--version", action=Version, help="print the version")
    top.add_argument(
        "--print-completion",
        action=Completion,
        metavar="SHELL",
        help="print what makes bash, zsh or tcsh complete commands and options",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--debug", action="store_true", help="show the traceback of an error")
    for command in (
        init_command,
        run_command,
        sweep_command,
        new_command,
        lab_command,
        flatten_command,
        sql_command,
        files_command,
        history_command,
        schema_command,
        verify_command,
        forget_command,
        sample_command,
        aws_command,
    ):
        command.add_to(commands, shared)
    return top
