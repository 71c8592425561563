"""The house stands as it is drawn: rooms with doors, floors, and tests that mirror them."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import workbench
from workbench.runs.origin import imported, module_file, reached

HERE = Path(__file__).parent
LIBRARY = Path(workbench.__file__).parent
FILES = sorted(LIBRARY.rglob("*.py"))
DOORS = [path for path in FILES if path.name == "__init__.py" and path.parent != LIBRARY]
# Folders of tests that mirror no room: what tests share, and what they do to the whole.
OF_THE_WHOLE = {"support", "bench", "browser", "cloud", "notebooks"}
TESTED = {path.parent.relative_to(HERE) for path in HERE.rglob("test_*.py")}


def name_of(path: Path) -> str:
    """The dotted name of a module; a room's is that of its folder."""
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = [name_of(path) for path in FILES]


def imports(name: str) -> set[str]:
    """The modules that a module imports; through a door, those that stand behind what is taken."""
    return imported(module_file(name).read_text(encoding="utf-8")) - {name}


@pytest.mark.parametrize("path", DOORS, ids=name_of)
def test_each_room_has_a_door_that_says_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said and said.endswith(".") and len(said.splitlines()[0]) <= 100


@pytest.mark.parametrize("path", [p for p in DOORS if "__all__" in p.read_text()], ids=name_of)
def test_what_a_door_offers_is_there_and_in_order(path: Path) -> None:
    room = import_module(name_of(path))
    assert room.__all__ == sorted(set(room.__all__), key=in_order)
    assert [name for name in room.__all__ if not hasattr(room, name)] == []


@pytest.mark.parametrize("path", DOORS, ids=name_of)
def test_a_module_called_like_what_a_door_offers_is_imported_by_the_door_alone(path: Path) -> None:
    """For whoever came to the door later, the module would stand in the place of what it offers."""
    offered = {n for module, names in named_imports(path) for n in names if module != name_of(path)}
    alike = {f"{name_of(path)}.{n}" for n in offered if path.with_name(f"{n}.py").exists()}
    others = [other for other in FILES if other != path]
    assert [o for o in others if alike & {module for module, _ in named_imports(o)}] == []


def in_order(name: str) -> tuple[int, str]:
    """Constants, classes, functions; within each by name, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_takes_of_another_what_its_door_offers(path: Path) -> None:
    for module, taken in named_imports(path):
        other = LIBRARY.joinpath(*module.split(".")[1:2])
        if other not in (LIBRARY, *path.parents) and other.is_dir():
            assert module.count(".") == 1, f"{module} stands behind the door of {other.name}"
            assert taken <= {*import_module(module).__all__}, module


@cache
def named_imports(path: Path) -> list[tuple[str, set[str]]]:
    """The modules of the library that a file imports from, and the names that it takes of each."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [
        (str(node.module), {one.name for one in node.names})
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench")
    ]


def test_every_module_stands_in_a_room_with_a_door() -> None:
    rooms = {path.parent for path in FILES if path.parent != LIBRARY}
    assert sorted(room for room in rooms if not (room / "__init__.py").exists()) == []


def test_no_two_modules_import_each_other() -> None:
    def on_the_way(name: str) -> set[str]:  # a module executes the doors above it, and needs none
        return {".".join(name.split(".")[:at]) for at in range(1, name.count(".") + 1)}

    needs = {name: imports(name) - on_the_way(name) for name in NAMES}
    both = {tuple(sorted((a, b))) for a in NAMES for b in needs[a] if a in needs.get(b, ())}
    assert both == set()


@pytest.mark.parametrize(
    "room", ["storage", "proof.folders", "engines", "session", "lake", "bronze"]
)
def test_flattening_reaches_no_file_no_engine_and_no_lake(room: str) -> None:
    found = reached("import workbench.flatten\n")
    assert "workbench.flatten.flat_table" in found
    assert [name for name in found if f"{name}.".startswith(f"workbench.{room}.")] == []


def test_each_folder_of_tests_mirrors_a_room() -> None:
    folders = {path.parent.relative_to(HERE) for path in HERE.rglob("test_*.py")}
    of_rooms = {
        folder for folder in folders if folder.parts and folder.parts[0] not in OF_THE_WHOLE
    }
    assert [
        str(folder) for folder in of_rooms if not (LIBRARY / folder / "__init__.py").exists()
    ] == []


def test_each_room_of_the_library_has_tests() -> None:
    rooms = {path.parent.relative_to(LIBRARY) for path in DOORS}
    assert sorted(map(str, rooms - TESTED)) == []


def test_no_test_imports_another() -> None:
    shared = {path.stem for path in HERE.rglob("test_*.py")} | {"conftest"}
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.module.split(".")[-1] not in shared, f"{path} imports {node.module}"
