"""The notebooks run from top to bottom with a small budget, and are kept without outputs."""

import ast
import re
import warnings
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from wheels import ROOT

NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
SMALL = {r"^SAMPLES = [\d_]+": "SAMPLES = 1", r"^BOUTS = \d+": "BOUTS = 2"}


def read(path: Path) -> nbformat.NotebookNode:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def test_there_are_two_and_they_are_listed():
    listed = (ROOT / "examples" / "README.md").read_text()
    assert len(NOTEBOOKS) == 2
    assert all(f"](notebooks/{path.name})" in listed for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_notebooks_import_exists(path: Path):
    """The notebooks run only in the slow tests, so a name that was taken away would be missed for long."""
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    lines = [line for line in code.splitlines() if not line.lstrip().startswith(("%", "!"))]
    imports = [node for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.ImportFrom)]
    own = [node for node in imports if node.module and node.module.startswith("dohyo")]
    assert own
    for node in own:
        assert all(hasattr(import_module(str(node.module)), alias.name) for alias in node.names)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path: Path, tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own code
        from nbclient import NotebookClient

        book = read(path)
        for cell in book.cells:
            for setting, small in SMALL.items():
                cell.source = re.sub(setting, small, cell.source, flags=re.MULTILINE)
        shrunk = "".join(cell.source for cell in book.cells)
        assert "SAMPLES = 1 " in shrunk
        client = NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
        client.execute()
    printed = [output.get("text", "") for cell in book.cells for output in cell.get("outputs", ())]
    assert any(re.search(r"\d+%", text) for text in printed)
