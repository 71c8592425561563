"""What anyone may put into a dump is shown by a terminal and by spreadsheets, never obeyed."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pandas as pd
import pytest

from support.chain import write_dump
from support.processes import environment, workbench
from workbench.cli import main
from workbench.cli.ending import checked_output
from workbench.cli.output import write
from workbench.visible import harmless, visible

EVIL = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e[red]x[/b] :smile:"
SHOWN = r"\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e[red]x[/b] :smile:"


class Terminal(io.TextIOWrapper):
    """A terminal that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self) -> bool:
        return True

    def sent(self) -> str:
        self.flush()
        written = self.buffer
        assert isinstance(written, io.BytesIO)
        return written.getvalue().decode()


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    return terminal


def test_what_a_terminal_obeys_is_written_out() -> None:
    assert visible(EVIL) == SHOWN
    assert visible("a\tb\nç 日本 🙂") == "a\tb\nç 日本 🙂"


@pytest.mark.parametrize("kind", ["table", "csv", "json"])
def test_a_table_on_a_terminal_shows_names_and_values(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    screen = on_terminal(monkeypatch)
    with checked_output():
        write(pd.DataFrame({EVIL: [EVIL, None]}), kind, EVIL, "en")
    sent = screen.sent()
    assert not any(one in sent for one in ("\x1b]0", "\x1b[2J", "\x9b", "\u202e", "\r"))
    if kind == "json":
        assert [*json.loads(sent)[0].values()] == [EVIL]
    else:
        assert sent.count(SHOWN) == (3 if kind == "table" else 2)


def test_plans_tables_and_notes_of_flatten_show_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "a\x1b[2J[red]\u202e"
    source = write_dump(tmp_path / "d\x1b[31m.json", [{"_id": 1, key: [{key: 1}]}, {"_id": 1}])
    for more in (["--plan"], ["--out", str(tmp_path / "out"), "--names", "source"]):
        main(["flatten", str(source), *more])
        assert_shown(capsys, r"a\x1b[2J[red]\u202e")
    assert main(["flatten", str(source.with_name("\x1b[2Jnone")), "--plan"]) == 2
    assert_shown(capsys, r"\x1b[2Jnone")
    with pytest.raises(SystemExit):
        main(["runs", "--\x1b[2Jno"])
    assert_shown(capsys, r"\x1b[2Jno")


def assert_shown(capsys: pytest.CaptureFixture[str], shown: str) -> None:
    out, err = capsys.readouterr()
    assert shown in out + err and not any(one in out + err for one in ("\x1b", "\u202e"))


def test_the_history_shows_what_a_run_was_made_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "2022-01-01T000000Z-\x1b[2J"
    folder.mkdir()
    (folder / "run.json").write_text("{")
    assert main(["runs", "--runs", str(tmp_path), "--format", "csv"]) == 0
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert r"\x1b[2J" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", "-2+3"])
def test_a_formula_becomes_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12.5", "+55119", "1e-7", "-1E5", "a=b", "", "[1]"])
def test_a_number_or_a_text_stays(text: str) -> None:
    assert harmless(text) == text


def test_csv_has_formulas_only_where_they_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.DataFrame({"=name": ["=1+1", "-5", None], "n": [-1, 2, 3]})
    write(table, "csv", "", "en")
    write(table, "csv", "", "en", raw=True)
    made = "'=name,n\n'=1+1,-1\n-5,2\n,3\n"
    assert capsys.readouterr().out == made + made.replace("'", "")
    source = write_dump(tmp_path / "dump.json", [{"_id": 1, "=a": "=1+1", "b": "-5"}])
    asked = [
        "flatten",
        str(source),
        "--format",
        "csv",
        "--names",
        "source",
        "--key",
        "_id",
        "--out",
    ]
    assert main([*asked, str(tmp_path / "one")]) == 0
    assert main([*asked, str(tmp_path / "two"), "--raw"]) == 0
    one, two = ((tmp_path / name / "root.csv").read_text() for name in ("one", "two"))
    assert "'=1+1" in one and "'=a" in one and two == one.replace("'", "") and '"-5"' in one


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [(BOMB, "aliases"), ("source: " + "[" * 50_000, "deep"), ("a: 1\n" * 300_000, "characters")],
)
@pytest.mark.parametrize("as_contract", [False, True])
def test_yaml_that_would_never_end_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str, as_contract: bool
) -> None:
    (tmp_path / "bomb.yml").write_text(text)
    file = str(tmp_path / "bomb.yml")
    asked = ["-p", f"contract={file}"] if as_contract else ["--params", file]
    before = time.process_time()
    code = main(["run", "--lake", str(tmp_path / "lake"), "--runs", str(tmp_path / "r"), *asked])
    assert code == 2 and said in capsys.readouterr().err
    assert time.process_time() - before < 5  # of work; a bomb takes hours


def test_a_terminal_of_few_letters_shows_the_others_written_out(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", [{"_id": 1, "ação": ["日本"]}])
    ascii_only = environment(PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    done = workbench("flatten", source, "--plan", "--names", "source", env=ascii_only)
    assert done.returncode == 0 and r"a\xe7\xe3o" in done.stdout, done.stderr
    done = workbench("flatten", source, "--out", tmp_path / "out", env=ascii_only)
    assert done.returncode == 0 and done.stdout.isascii(), done.stderr
