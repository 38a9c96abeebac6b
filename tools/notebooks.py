"""Execute the notebooks of the tutorial and write each as a page of the docs, with its pictures.

Usage: make docs runs `python tools/notebooks.py`, which writes docs/tutorial/notebooks/; it is made anew each time and
not kept in git. make notebooks runs `python tools/notebooks.py --write`, which puts the new outputs into the notebooks
too. They read the data sets where `GOODWILL_DATA` says, or else in ../shared/data.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "tutorial"
DATA = Path(os.environ.get("GOODWILL_DATA", ROOT.parent / "shared" / "data"))
SECONDS = 300
"""A cell that takes longer hangs."""
RIGHT = 'style="text-align: right"'


def main() -> None:
    """Execute, and write the pages."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the new outputs into the notebooks too")
    write = parser.parse_args().write
    pages = TUTORIAL / "notebooks"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir()
    for path in notebooks():
        notebook = executed(path) if has_data(write) else nbformat.read(path, as_version=4)
        if write:
            nbformat.write(notebook, path)
        print(page(notebook, path.stem, pages).relative_to(ROOT))


def notebooks() -> list[Path]:
    """Those that there are."""
    return sorted(TUTORIAL.glob("*.ipynb"))


def has_data(needed: bool) -> bool:
    """Whether the data sets are there; without them the outputs that are kept must do, but not on CI."""
    if DATA.exists():
        return True
    told = f"{DATA} is not there; no notebook is executed"
    if needed or "CI" in os.environ:
        raise SystemExit(told)
    print(told)
    return False


def executed(path: Path) -> NotebookNode:
    """The notebook with new outputs, and with nothing in it of who executed it, when and where.

    Raises:
        CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    quiet = ["--log-level=ERROR"]
    NotebookClient(
        notebook, kernel_name="python3", timeout=SECONDS, record_timing=False, resources=place, extra_arguments=quiet
    ).execute()
    kept = {
        "preserve_nb_metadata_mask": {("kernelspec",), ("language_info", "name")},
        "preserve_cell_metadata_mask": ["alt"],
    }
    return ClearMetadataPreprocessor(**kept).preprocess(notebook, {})[0]


def page(notebook: NotebookNode, name: str, place: Path) -> Path:
    """Write a notebook as a page, and its pictures beside it; the path of the page."""
    kept = {"unique_key": name, "output_files_dir": f"{name}_files"}
    body, resources = MarkdownExporter().from_notebook_node(notebook, kept)
    for picture, content in resources["outputs"].items():
        (place / picture).parent.mkdir(exist_ok=True)
        (place / picture).write_bytes(content)
    written = place / f"{name}.md"
    itself = f"\n[This page as a notebook](../{name}.ipynb)\n"
    written.write_text(for_the_site(body, notebook) + itself, encoding="utf-8")
    return written


def for_the_site(body: str, notebook: NotebookNode) -> str:
    """The page with tables in the site's style, pictures in their size and in words, and links to pages."""

    def picture(found: re.Match[str]) -> str:
        cell = notebook.cells[int(found["cell"])]
        wide = cell.outputs[int(found["output"])].metadata["image/png"]["width"]
        return f"![{cell.metadata.alt}]({found['file']}){{ width={wide} }}"

    body = re.sub(r"!\[png\]\((?P<file>\S+_(?P<cell>\d+)_(?P<output>\d+)\.png)\)", picture, body)
    body = re.sub(r"<style scoped>.*?</style>\n", "", body, flags=re.DOTALL)
    body = body.replace('<table border="1" class="dataframe">', "<table>").replace("<td>", f"<td {RIGHT}>")
    body = re.sub(r"<thead>.*?</thead>", lambda head: head[0].replace("<th>", f"<th {RIGHT}>"), body, flags=re.DOTALL)
    return re.sub(r"\]\(([\w-]+)\.ipynb\)", r"](\1.md)", body)


if __name__ == "__main__":
    main()
