"""The command that brings an export into the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from goodwill.cli import render
from goodwill.cli.options import FINE, REJECTS, BadOption, BookOptions, command
from goodwill.sources import ImportMapping, ImportReport, import_file

__all__ = ["import_", "imports_view"]


@command
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export: CSV or JSON lines, gzipped or not.")],
    mapping: Annotated[Path, typer.Option("--map", metavar="MAP", help="What its columns mean, .toml.")],
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="Where rows go that cannot become entries.",
            show_default="NAME.rejects.csv",
        ),
    ] = None,
    *,
    amend: Annotated[bool, typer.Option("--amend", help="Changed rows amend what was recorded of them.")] = False,
    options: BookOptions,
) -> int:
    """Record what an export says; again records nothing twice.

    Exits with 3 if it refused some rows.
    """
    screen = options.screen
    kept = Path(f"{Path(file.name.removesuffix('.gz')).stem}.rejects.csv") if rejects is None else rejects
    if kept.resolve() in {file.resolve(), mapping.resolve()}:
        raise BadOption(f"--rejects {kept} would overwrite what is imported; name another file")
    ImportMapping.from_file(mapping)
    file.open("rb").close()  # both before the ledger: a mistyped name must not leave an empty one behind
    with options.ledger(create=True) as ledger, screen.progress(f"importing {file.name}") as progress:
        report = import_file(ledger, file, mapping, amend=amend, rejects=kept, progress=progress)
    if not report.rejected and rejects is None:
        kept.unlink()
        report.rejects = None
    if options.as_json:
        screen.document(report.to_dict())
    else:
        screen.show(summary(report))
    return REJECTS if report.rejected else FINE


def imports_view(reports: Iterable[ImportReport]) -> RenderableType:
    """One line a file: how many rows became how many entries."""
    numbers = ("rows", "new", "again", "amended", "no rule", "refused")
    made = render.table("file", *numbers, numbers=numbers, dim=("again", "amended", "no rule"))
    for report in reports:
        counts = (report.rows, report.recorded, report.replayed, report.amended, report.unmatched)
        refused = Text(f"{report.rejected:,}", style=render.LOSS if report.rejected else "")
        made.add_row(Text(report.file), *(f"{count:,}" for count in counts), refused)
    return made


def summary(report: ImportReport) -> RenderableType:
    """What an import did: rows, entries by kind, and what it refused and why."""
    kinds = render.table("entries", "new or amended", numbers=("new or amended",))
    for kind, count in report.kinds.most_common():
        kinds.add_row(Text(kind), f"{count:,}")
    parts: list[RenderableType] = [imports_view([report])]
    if report.kinds:
        parts += ["", kinds]
    if report.rejected:
        refused = render.table("refused because", "rows", numbers=("rows",))
        for reason, count in report.reasons.most_common():
            refused.add_row(Text(reason), f"{count:,}")
        parts += [
            "",
            refused,
            "",
            Text(f"The refused rows are in {report.rejects}, each with its line and its reason."),
        ]
    return Group(*parts)
