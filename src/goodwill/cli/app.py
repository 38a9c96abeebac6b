"""The commands, gathered under one name."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from goodwill.cli import (
    accounts,
    appraising,
    db,
    demo,
    describing,
    evidence,
    importing,
    outbox,
    populations,
    purging,
    reading,
    standings,
)  # fmt: skip

__all__ = ["app", "run"]

app = typer.Typer(
    name="goodwill",
    help="A ledger of customer goodwill: what built it, what drew it down, what is left.",
    epilog="Exit codes: 0 fine; 1 the answer is no; 2 wrong usage or bad input; 3 an import refused some rows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
policies = typer.Typer(name="policy", help="Show, compare and describe policies.", no_args_is_help=True)
customers = typer.Typer(
    name="account", help="Merge, close, restrict, erase, export a customer's account.", no_args_is_help=True
)
database = typer.Typer(
    name="db", help="The tables of a ledger's database, from release to release.", no_args_is_help=True
)
events = typer.Typer(name="outbox", help="Events that are told to other systems.", no_args_is_help=True)
keeping = typer.Typer(name="standings", help="Kept readings: balances without their history.", no_args_is_help=True)


def show_version(*, asked: bool) -> None:
    """Print the version, and stop."""
    if asked:
        typer.echo(f"goodwill {version('goodwill')}")
        raise typer.Exit


@app.callback()
def begin(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=lambda asked: show_version(asked=asked), is_eager=True, help="Say it.")
    ] = False,
) -> None:
    """A ledger of customer goodwill: what built it, what drew it down, what is left."""


app.command("import")(importing.import_)
for read in (reading.balance, reading.statement, reading.explain, reading.overdrawn):
    app.command()(read)
for weighed in (appraising.appraise, populations.waivers, populations.forecast):
    app.command()(weighed)
app.command()(describing.kinds)
app.command()(purging.purge)
for on_evidence in (evidence.seal, evidence.seals, evidence.verify):
    app.command()(on_evidence)
app.command("demo")(demo.demo)
for describe in (describing.show, describing.diff, describing.schema):
    policies.command()(describe)
app.add_typer(policies)
for on_account in (
    accounts.merge, accounts.unmerge, accounts.close, accounts.reopen, accounts.restrict, accounts.lift,
    accounts.erase, accounts.export, accounts.audit,
):  # fmt: skip
    customers.command()(on_account)
app.add_typer(customers)
for of_tables in (db.upgrade, db.current, db.check, db.sql):
    database.command()(of_tables)
app.add_typer(database)
for of_events in (outbox.relay, outbox.unpark, outbox.schema):
    events.command()(of_events)
events.command("list")(outbox.list_)
app.add_typer(events)
for on_kept in (standings.add, standings.run, standings.rebuild, standings.remove):
    keeping.command()(on_kept)
keeping.command("list")(standings.list_)
app.add_typer(keeping)


def run(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code is described in `goodwill.cli.main`."""
    try:
        app(args=arguments, prog_name="goodwill")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
