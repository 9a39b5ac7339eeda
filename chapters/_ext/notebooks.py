"""Run, normalise and inspect the course's notebooks.

    python chapters/_ext/notebooks.py execute PATH...    run each and store its outputs
    python chapters/_ext/notebooks.py normalise PATH...  bring each into the form that is committed
    python chapters/_ext/notebooks.py check PATH...      what `make book` does before it builds

A path is a notebook or a folder of notebooks. A notebook is written whole or not at all.
"""

import argparse
import ast
import hashlib
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

CELL_SECONDS = 60
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = ("mystnb", "nbgrader", "tags")
PICTURES = ("image/png", "image/jpeg", "image/gif")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|usr|opt|var|Users)/\w")
OBJECT_REPR = re.compile(r"<[\w.]+[^<>\n]* at 0x[0-9a-f]+|\b0x[0-9a-f]{6,}\b|<matplotlib|<Figure\b")
UNCHECKED = re.compile(r"nbval|raises-exception|PYTEST_VALIDATE", re.IGNORECASE)


# A kernel that is closed while a message is under way makes tornado log a traceback. What went
# wrong in the notebook is raised, and said in one line.
logging.getLogger("tornado.general").setLevel(logging.CRITICAL)


class NotebookError(Exception):
    """Something a person has to mend; the message is one line that names page, cell and error."""


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the notebooks among ``paths`` and in the folders among them, sorted."""
    found = set()
    for path in paths:
        if path.is_dir():
            found |= {p for p in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts}
        else:
            found.add(path)
    return sorted(found)


def read(path: Path) -> NotebookNode:
    """Return the notebook at ``path``."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotebookError(f"{path}: {error.strerror}") from None
    except (ValueError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise NotebookError(f"{path}: not a notebook: {reason}") from None


def parse(text: str) -> NotebookNode:
    """Return the notebook that ``text`` holds; raise ValueError or ValidationError otherwise."""
    content = json.loads(text)
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise ValueError("no notebook of format 4")
    notebook = nbformat.from_dict(content)
    nbformat.validate(notebook)
    # Older notebooks have no cell ids, which the format has asked for since 4.5.
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.get("cells", [])):
        cell.setdefault("id", _digest([number, cell.get("source", "")])[:8])
        for key in ("source", "text"):
            if isinstance(cell.get(key), list):
                cell[key] = "".join(cell[key])
        for output in cell.get("outputs", []):
            _join_lines(output)
    return notebook


def _join_lines(output: NotebookNode) -> None:
    if isinstance(output.get("text"), list):
        output["text"] = "".join(output["text"])
    for kind, value in output.get("data", {}).items():
        if isinstance(value, list) and not kind.endswith("json"):
            output["data"][kind] = "".join(value)


def dumps(notebook: NotebookNode) -> str:
    """Return ``notebook`` as the text that is committed."""
    return nbformat.writes(notebook, version=4) + "\n"


def write(path: Path, notebook: NotebookNode) -> None:
    """Replace the file at ``path``, in one step, by ``notebook``."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(dumps(notebook))
        os.chmod(temporary, path.stat().st_mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that have content, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def code_digest(notebook: NotebookNode) -> str:
    """Return a digest of all code, by which an edit since the last run is recognised."""
    return _digest([cell.source for cell in code_cells(notebook)])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def is_stale(notebook: NotebookNode) -> bool:
    """Tell whether a cell was edited, added or removed since the outputs were stored."""
    return notebook.metadata.get("course", {}).get("code_digest") != code_digest(notebook)


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return ``notebook`` without what differs between machines, runs and editors."""
    metadata: dict[str, Any] = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    if course := notebook.metadata.get("course"):
        metadata["course"] = course
    cells = [_normalise_cell(cell) for cell in notebook.cells]
    return nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


def _normalise_cell(cell: NotebookNode) -> dict[str, Any]:
    kept = {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
    result = {**cell, "metadata": kept}
    if cell.cell_type == "code":
        result["outputs"] = list(_merge_streams(cell.outputs))
    return result


def _merge_streams(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    # A kernel cuts one print into pieces wherever its buffer happened to fill.
    previous = None
    for output in outputs:
        if previous is not None and _same_stream(previous, output):
            previous = nbformat.from_dict({**previous, "text": previous.text + output.text})
            continue
        if previous is not None:
            yield previous
        previous = output
    if previous is not None:
        yield previous


def _same_stream(a: NotebookNode, b: NotebookNode) -> bool:
    return a.output_type == b.output_type == "stream" and a.name == b.name


def execute(path: Path) -> None:
    """Run the notebook at ``path`` from the first cell to the last and store its outputs.

    Raises NotebookError, and leaves the file as it was, where a cell fails.
    """
    notebook = read(path)
    started: list[NotebookNode] = []
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        # The kernel warns of its unencrypted socket on localhost at every start.
        extra_arguments=["--log-level=ERROR"],
        on_cell_start=lambda cell, cell_index: started.append(cell),  # noqa: ARG005
    )
    reason = None
    try:
        client.execute()
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        reason = f"no answer within {CELL_SECONDS} s"
    except DeadKernelError:
        reason = "the kernel died"
    if reason is not None:
        raise NotebookError(f"{_place(path, notebook, started[-1])}: {_one_line(reason)}")
    course = {**notebook.metadata.get("course", {}), "code_digest": code_digest(notebook)}
    notebook.metadata["course"] = nbformat.from_dict(course)
    write(path, normalise(notebook))


def _place(path: Path, notebook: NotebookNode, cell: NotebookNode) -> str:
    number = next(n for n, other in enumerate(code_cells(notebook), 1) if other is cell)
    return f"{path}, cell {number} (id {cell.id})"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _errors(cell: NotebookNode) -> list[str]:
    return [f"{o.ename}: {o.evalue}" for o in cell.outputs if o.output_type == "error"]


def check(path: Path) -> bool:
    """See that the stored outputs can be shown; run the notebook again if its code has changed.

    Return whether it was run. Raises NotebookError where a person has to mend something.
    """
    notebook = read(path)
    if is_stale(notebook):
        execute(path)
        return True
    for cell in code_cells(notebook):
        place = _place(path, notebook, cell)
        if errors := _errors(cell):
            raise NotebookError(f"{place}: stored error, {_one_line(errors[0])}")
        if cell.execution_count is None:
            raise NotebookError(f"{place}: never run; `make execute` runs it")
    return False


def problems(path: Path) -> list[str]:
    """Return what keeps the notebook at ``path`` from being committed, a line each."""
    notebook = read(path)
    found = [
        f"{_place(path, notebook, cell)}: {problem}"
        for number, cell in enumerate(code_cells(notebook), 1)
        for problem in _cell_problems(cell, number)
    ]
    if is_stale(notebook):
        found.append(f"{path}: code has changed since the last run; `make execute` runs it")
    if path.read_text(encoding="utf-8") != dumps(normalise(notebook)):
        found.append(f"{path}: not normalised; `notebooks.py normalise` does it")
    if leak := MACHINE_PATH.search(_text(notebook)):
        found.append(f"{path}: names a path of this machine, {leak[0]}…")
    return found


def _cell_problems(cell: NotebookNode, number: int) -> Iterator[str]:
    if cell.execution_count != number:
        yield f"execution count is {cell.execution_count}, in order it is {number}"
    if UNCHECKED.search(cell.source) or UNCHECKED.search(" ".join(cell.metadata.get("tags", []))):
        yield "is marked so that its outputs are not compared"
    if _imports(cell.source) != (number == 1):
        yield "all imports stand in the first code cell" if number > 1 else "imports nothing"
    for error in _errors(cell):
        yield f"stored error, {_one_line(error)}"
    for output in cell.outputs:
        if output.get("name") == "stderr":
            yield f"wrote to stderr, {_one_line(output.text)[:80]}"
        yield from _shown_problems(cell, output.get("data", {}))
        if found := OBJECT_REPR.search(_shown_text(output)):
            yield f"shows an object instead of a value, {found[0]}"


def _shown_problems(cell: NotebookNode, data: dict[str, str]) -> Iterator[str]:
    for kind in PICTURES:
        if kind in data:
            yield f"has a figure as {kind}; only SVG can be compared and restyled"
    figure = "image/svg+xml" in data
    explorer = '<div class="explorer">' in data.get("text/html", "")
    options = cell.metadata.get("mystnb", {})
    if (figure or explorer) and not options.get("figure", {}).get("caption", "").strip():
        kind = "a figure" if figure else "an explorer"
        yield f"has {kind} without a caption (metadata mystnb.figure.caption)"
    # An explorer's alternative text is an argument of the function that draws it.
    if figure and not options.get("image", {}).get("alt", "").strip():
        yield "has a figure without alternative text (metadata mystnb.image.alt)"


def _imports(source: str) -> bool:
    """Tell whether code imports; IPython's own syntax, which is no Python, does not."""
    try:
        return any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(source).body)
    except SyntaxError:
        return False


def _shown_text(output: NotebookNode) -> str:
    """Return what the page shows as text: not the plain form that goes with a richer one."""
    data = output.get("data", {})
    return output.get("text", "") + ("" if len(data) > 1 else data.get("text/plain", ""))


def _text(notebook: NotebookNode) -> str:
    sources = [cell.source for cell in notebook.cells]
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    texts = [o.get("text", "") for o in outputs]
    data = [v for o in outputs for k, v in o.get("data", {}).items() if k != "image/svg+xml"]
    return "\n".join([*sources, *texts, *(v for v in data if isinstance(v, str))])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["execute", "normalise", "check"])
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    failed = False
    for path in find(options.paths):
        try:
            match options.command:
                case "execute":
                    print(f"running {path}", flush=True)
                    execute(path)
                case "normalise":
                    write(path, normalise(read(path)))
                case "check":
                    if check(path):
                        print(f"{path}: its code had changed; it was run and its outputs stored")
        except NotebookError as error:
            print(error, file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
