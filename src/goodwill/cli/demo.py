"""The command that shows it all: an invented year is imported, and asked the questions that a ledger is for."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from goodwill import presets
from goodwill.cli import opinions, render, story
from goodwill.cli.importing import imports_view
from goodwill.cli.options import FINE, BadOption, Options, command
from goodwill.cli.story import Concession, Driver, Move
from goodwill.domain.balance import Balance
from goodwill.domain.statement import Statement
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy
from goodwill.sources import ImportReport, import_file

__all__ = ["demo"]

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
"""When the demo is read, so that it says the same for ever."""

STEPS = (
    ("visits.csv", "visits.toml", False),
    ("tickets.csv", "tickets.toml", False),
    ("credits.csv", "credits.toml", False),
    ("credits_corrected.csv", "credits.toml", True),
)
"""What is imported, through which mapping, and whether it amends what was imported before."""

STORY = "C-1001"
"""Whose statement is shown."""


class NewYear:
    """A clock that stands still at the end of the invented year."""

    def now(self) -> datetime:
        """The first instant of 2026."""
        return AS_OF


class Refused(NamedTuple):
    """A row that could not become an entry, as the rejects file says it."""

    file: str
    line: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the demo found out, before it is shown."""

    imports: Sequence[ImportReport]
    refused: Sequence[Refused]
    balances: Sequence[Balance]
    overdrawn: Sequence[tuple[Balance, Sequence[Driver]]]
    statement: Statement
    concessions: Sequence[Concession]
    policy: Policy
    second: Policy
    moves: Sequence[Move]


@command
def demo(
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FOLDER", help="Keep the export and the ledger there.", show_default=False),
    ] = None,
    *,
    options: Options,
) -> int:
    """Import an invented year of a service firm, and show what a ledger of goodwill answers."""
    with export(keep) as folder:
        told = tell(folder)
    if options.as_json:
        options.screen.document(as_document(told))
        return FINE
    options.screen.show(*views(told))
    if keep is not None:
        options.screen.show(Text(f"\nKept in {keep}. Ask on: goodwill explain {STORY} --db {keep / 'goodwill.db'}"))
    return FINE


@contextmanager
def export(keep: Path | None) -> Iterator[Path]:
    """The folder with the export's files: one to keep, or one that is gone afterwards."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise BadOption(f"--keep {keep}: there is something in it already; name a new folder")
    with TemporaryDirectory() as passing, as_file(files("goodwill.cli") / "demo_data") as data:
        folder = Path(passing) / "demo" if keep is None else keep
        shutil.copytree(data, folder, dirs_exist_ok=True)
        yield folder


def tell(folder: Path) -> Told:
    """Import everything in the folder, and ask."""
    policy, second = presets.default(), Policy.from_file(folder / "second.toml")
    with Ledger.open(f"sqlite:///{folder / 'goodwill.db'}", policy=policy, clock=NewYear()) as ledger:
        imports = import_all(ledger, folder)
        balances = ledger.balances()
        return Told(
            imports=imports,
            refused=[row for report in imports for row in refusals(report)],
            balances=balances,
            overdrawn=[
                (each, story.drivers(ledger.contributions(each.account), most=2)) for each in ledger.overdrawn()
            ],
            statement=ledger.statement(STORY, "2025-Q4"),
            concessions=story.concessions(ledger, AS_OF),
            policy=policy,
            second=second,
            moves=story.moves(balances, ledger.balances(policy=second)),
        )


def import_all(ledger: Ledger, folder: Path) -> list[ImportReport]:
    """Import the export's files, each with a rejects file beside it."""
    return [
        import_file(
            ledger, folder / file, folder / mapping, amend=amend, rejects=(folder / file).with_suffix(".rejects.csv")
        )
        for file, mapping, amend in STEPS
    ]


def refusals(report: ImportReport) -> list[Refused]:
    """The rows in a report's rejects file."""
    with Path(str(report.rejects)).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return [Refused(*row[:4]) for row in rows[1:]]


def as_document(told: Told) -> dict[str, Any]:
    """The demo as JSON."""
    return {
        "as_of": AS_OF.isoformat(),
        "policy": told.policy.fingerprint,
        "caveats": list(told.policy.caveats),
        "imports": [report.to_dict() for report in told.imports],
        "refused": [row._asdict() for row in told.refused],
        "customers": len(told.balances),
        "overdrawn": [
            {"account": balance.account, "points": balance.points, "drivers": [asdict(driver) for driver in drivers]}
            for balance, drivers in told.overdrawn
        ],
        "statement": told.statement.to_dict(),
        "concessions": [
            {**asdict(each), "cost": str(each.cost.amount), "currency": each.cost.currency} for each in told.concessions
        ],
        "second_policy": told.second.fingerprint,
        "differences": [difference._asdict() for difference in told.policy.diff(told.second)],
        "moves": [
            {
                "account": move.account,
                "points": move.before.points,
                "standing": move.before.standing,
                "second_points": move.after.points,
                "second_standing": move.after.standing,
            }
            for move in told.moves
        ],
    }


def views(told: Told) -> Iterator[RenderableType]:
    """The demo, page by page."""
    yield render.heading("One invented year of an invented service firm", f"read as of {render.day(AS_OF)}")
    yield from opinions.caveats(told.policy)
    yield chapter("The export comes in")
    yield imports_view(told.imports)
    yield ""
    yield refused_view(told.refused)
    yield chapter(f"Who is overdrawn, and why: {len(told.overdrawn)} of {len(told.balances)} customers")
    yield overdrawn_view(told.overdrawn)
    yield chapter("How one of them got where they are")
    yield render.statement_view(told.statement)
    yield chapter("What we gave away, and what goodwill is left of it")
    yield concessions_view(told.concessions)
    yield Text("Points are this policy's opinion: what is left is no measured return on the cost.", style=render.MUTED)
    yield chapter("The same history under a second policy")
    yield Text(f"{told.second.description} {len(told.moves)} of {len(told.balances)} customers stand differently:")
    yield moves_view(told.moves, told.policy.name, told.second.name)
    yield ""
    yield opinions.differences_view(told.policy.diff(told.second), told.policy, told.second)


def chapter(title: str) -> RenderableType:
    """A heading between two parts."""
    return Group("", Rule(Text(title, style="bold"), align="left", style="dim"))


def refused_view(refused: Iterable[Refused]) -> RenderableType:
    """The rows that could not become entries."""
    made = render.table("refused", "line", "because", numbers=("line",), dim=("line", "because"))
    for row in refused:
        made.add_row(row.file, row.line, Text(row.reason))
    return made


def overdrawn_view(overdrawn: Iterable[tuple[Balance, Sequence[Driver]]]) -> RenderableType:
    """Who is below zero, by how much, and the kinds of entries that did it."""
    made = render.table(
        "account", "points", "what draws it down most", numbers=("points",), dim=("what draws it down most",)
    )
    for balance, drivers in overdrawn:
        why = ", ".join(f"{driver.kind} {render.number(driver.points)} ({driver.entries} x)" for driver in drivers)
        made.add_row(Text(balance.account), render.points(balance.points, style="bold"), why)
    return made


def concessions_view(concessions: Iterable[Concession]) -> RenderableType:
    """What concessions cost beside what goodwill they bought and what is left of it, by kind."""
    made = render.table(
        "kind",
        "number",
        "cost",
        "points bought",
        "points left",
        numbers=("number", "cost", "points bought", "points left"),
    )
    for each in concessions:
        bought, left = render.points(each.bought), render.points(each.left, style="bold")
        made.add_row(each.kind, str(each.entries), str(each.cost), bought, left)
    return made


def moves_view(moves: Iterable[Move], first: str, second: str) -> RenderableType:
    """Who stands differently under the second policy, with the points under each."""
    made = render.table("account", first, "standing", second, "standing then", numbers=(first, second))
    for move in moves:
        made.add_row(
            Text(move.account),
            render.points(move.before.points),
            render.standing(move.before),
            render.points(move.after.points),
            render.standing(move.after),
        )
    return made
