"""A notebook executed in this process, without Jupyter, as it is; its outputs are kept in it."""

from __future__ import annotations

import ast
import base64
import io
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from typing import Any, TextIO

Shown = dict[str, Any]
FORMATS = (
    ("text/html", "_repr_html_"),
    ("image/png", "_repr_png_"),
    ("image/svg+xml", "_repr_svg_"),
    ("text/markdown", "_repr_markdown_"),
)


class CellFailed(Exception):
    """A cell raised. `cell` is its execution count, `error` and `message` what it raised."""

    def __init__(self, cell: int, raised: BaseException) -> None:
        self.cell, self.error, self.message = cell, type(raised).__name__, str(raised)
        super().__init__(f"In [{cell}]: {self.error}: {self.message}")


class Both(io.StringIO):
    """What is printed is kept, and goes where it went before too: a job's log is read live."""

    def __init__(self, before: TextIO) -> None:
        super().__init__()
        self.before = before

    def write(self, text: str) -> int:
        self.before.write(text)
        self.before.flush()
        return super().write(text)


def execute(
    notebook: dict[str, Any], parameters: Mapping[str, Any], done: Callable[[int], None]
) -> None:
    """Executes every code cell in order, in one namespace, and puts its outputs in the notebook.

    `parameters` take the place of those that the cell tagged `parameters` sets, in a cell of
    their own. `done` is called with the number of cells that are done. Raises CellFailed.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    notebook["cells"] = with_parameters(notebook["cells"], parameters)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        cell |= {"execution_count": None, "outputs": []}
    for number, cell in enumerate(code, 1):
        cell["execution_count"] = number
        run_cell("".join(cell["source"]), names, number, cell["outputs"])
        done(number)


def with_parameters(
    cells: list[dict[str, Any]], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The cells, with one more behind the one tagged `parameters`, as papermill puts it."""
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    injected = {
        "cell_type": "code",
        "id": "injected-parameters",
        "metadata": {"tags": ["injected-parameters"]},
        "source": f"# Parameters\n{source}\n",
    }
    at = next(n for n, cell in enumerate(cells) if "parameters" in cell["metadata"].get("tags", []))
    return [*cells[: at + 1], injected, *cells[at + 1 :]]


def run_cell(code: str, names: dict[str, Any], number: int, outputs: list[Shown]) -> None:
    def display(*values: Any) -> None:
        keep_printed()
        outputs.extend(
            {"output_type": "display_data", "metadata": {}, "data": shown(v)} for v in values
        )

    def keep_printed() -> None:
        if printed.getvalue():
            outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue()})
        printed.seek(0)
        printed.truncate()

    names["display"] = display
    printed = Both(sys.stdout)
    try:
        tree = ast.parse(code)
        ends = tree.body[-1:]
        last = ends[0] if ends and isinstance(ends[0], ast.Expr) else None
        with redirect_stdout(printed):
            if last is not None:
                tree.body.pop()
            exec(compile(tree, f"<cell {number}>", "exec"), names)
            value = None
            if last is not None:
                value = eval(compile(ast.Expression(last.value), f"<cell {number}>", "eval"), names)
    except BaseException as error:
        keep_printed()
        outputs.append(failed(error))
        raise CellFailed(number, error) from error
    keep_printed()
    if value is not None and not code.rstrip().endswith(";"):
        kept = {"output_type": "execute_result", "execution_count": number, "metadata": {}}
        outputs.append(kept | {"data": shown(value)})


def failed(error: BaseException) -> Shown:
    trace = traceback.format_exception(error)
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": trace,
    }


def shown(value: Any) -> Shown:
    """What Jupyter would keep of a value: text, and what else the object says that it can give."""
    data: Shown = {"text/plain": repr(value)}
    for mime, name in FORMATS:
        made = getattr(value, name, lambda: None)()
        if made is not None:
            data[mime] = base64.b64encode(made).decode() if isinstance(made, bytes) else made
    with suppress(AttributeError):
        bundle = value._repr_mimebundle_()
        data |= bundle[0] if isinstance(bundle, tuple) else bundle
    return data
