"""What the documents say of files, commands and names of code is so."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from workbench.cli import parser

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "workbench"
DOCUMENTS = sorted(
    path
    for pattern in (
        "*.md",
        "lib/*.md",
        "notebooks/*.md",
        "sql/*.md",
        "tests/*.md",
        ".github/*.md",
        "terraform/*.md",
    )
    for path in ROOT.glob(pattern)
)
ENDINGS = (".py", ".md", ".ipynb", ".sql", ".yml", ".toml", ".json", ".lock", ".mplstyle", ".j2")
# Written by runs, or by the reader; not part of a checkout.
MADE = re.compile(
    r"^(data/(lake|runs)|runs|lake|tables|products|dump|sample|orders|users\.yml|orders\.yml"
    r"|run\.json|report\.html|records|charts/?$|_(?:manifest|current)\.json|workbench\.yml|params\.yml"
    r"|s3://|<|~|/)"
)


def told(document: Path) -> list[str]:
    """What stands between backticks in a document, outside of its blocks of code."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    return re.findall(r"`([^`\n]+)`", text)


def is_path(word: str) -> bool:
    if " " in word or MADE.match(word) or "{" in word:
        return False
    return word.endswith((*ENDINGS, "/")) and "=" not in word


def places(document: Path) -> list[Path]:
    return [ROOT, document.parent, PACKAGE, *(p for p in PACKAGE.iterdir() if p.is_dir())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    named = [word for word in told(document) if is_path(word)]
    missing = [w for w in named if not any([*place.glob(w)] for place in places(document))]
    assert missing == []


def found(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for at in range(len(parts), 0, -1):
        try:
            there = import_module(".".join(parts[:at]))
        except ModuleNotFoundError:
            continue
        for part in parts[at:]:
            if not hasattr(there, part):
                return False
            there = getattr(there, part)
        return True
    return False


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_name_of_code_that_a_document_names_is_there(document: Path) -> None:
    dotted = {
        name
        for word in told(document)
        for name in re.findall(r"\bworkbench(?:\.[A-Za-z_]\w*)+", word)
        if not name.endswith((".yml", ".egg"))
    }
    assert [name for name in sorted(dotted) if not found(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    made = set(re.findall(r"`make ([a-z-]+)", text)) | set(
        re.findall(r"^make ([a-z-]+)", text, re.M)
    )
    assert sorted(made - targets) == []
    usage = parser().format_help()
    typed = set(re.findall(r"(?:`|bin/|^)workbench ([a-z]+)", text, re.M))
    assert [
        command for command in sorted(typed) if not re.search(rf"^\s+{command}\b", usage, re.M)
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    dead = [to for to in links if "://" not in to and not (document.parent / to).exists()]
    assert dead == []


def test_the_map_names_every_room() -> None:
    text = (ROOT / "lib" / "README.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert [room for room in sorted(rooms) if f"`{room}/`" not in text] == []
