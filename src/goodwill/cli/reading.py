"""The commands that read balances: balance, statement, explain, overdrawn."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from goodwill.cli import render
from goodwill.cli.options import FINE, NO, ReadingOptions, command, instant

__all__ = ["balance", "explain", "overdrawn", "statement"]

AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The customer's id, as the host writes it.")]


@command
def balance(
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT", help="Customers' ids; none: all.")] = None,
    *,
    options: ReadingOptions,
) -> int:
    """Show what accounts add up to.

    Exits with 1 if one of them is unknown.
    """
    screen = options.screen
    with options.ledger() as ledger, screen.busy("reading balances"):
        balances = ledger.balances(accounts or None, as_of=options.as_of, known_at=options.known_at)
    if options.as_json:
        screen.document({"balances": [found.to_dict() for found in balances]})
    elif balances:
        first = balances[0]
        screen.show(render.heading("Goodwill", *render.reading(first)), render.balances_table(balances))
        screen.show(*(render.balance_breakdown(found) for found in balances if found.terms or found.unvalued))
    else:
        screen.note("this ledger has no entries yet")
    return FINE if all(found.is_known for found in balances) else NO


@command
def statement(
    account: AccountName,
    period: Annotated[
        str, typer.Option("--period", metavar="PERIOD", help="2026-03, 2026-Q1, last 90 days, 2026-01-01/P3M, ...")
    ] = "last 90 days",
    tz: Annotated[str, typer.Option("--tz", metavar="ZONE", help="Time zone of the period, IANA.")] = "UTC",
    restating: Annotated[
        str | None,
        typer.Option(
            "--restating", metavar="WHEN", help="Show apart what became known since then.", show_default=False
        ),
    ] = None,
    *,
    options: ReadingOptions,
) -> int:
    """Show how a balance moved over a period.

    Exits with 1 if the account is unknown.
    """
    with options.ledger() as ledger:
        found = ledger.statement(
            account,
            period,
            as_of=options.as_of,
            known_at=options.known_at,
            restating=instant(restating, "--restating"),
            tz=tz,
        )
        is_known = ledger.balance(account, as_of=found.period.end, known_at=options.known_at).is_known
    if options.as_json:
        options.screen.document({**found.to_dict(), "is_known": is_known})
    else:
        options.screen.show(render.statement_view(found, ZoneInfo(tz)))
        if not is_known:
            options.screen.note(f"unknown account: nothing of {account} is known by {render.moment(found.period.end)}")
    return FINE if is_known else NO


@command
def explain(
    account: AccountName,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="The N largest only.", show_default="all")
    ] = None,
    *,
    options: ReadingOptions,
) -> int:
    """Show what each entry adds to a balance, and how.

    Exits with 1 if the account is unknown.
    """
    with options.ledger() as ledger:
        found = ledger.balance(account, as_of=options.as_of, known_at=options.known_at)
        added = ledger.contributions(account, as_of=found.as_of, known_at=options.known_at)
    if options.as_json:
        largest = sorted(added, key=lambda entry: -abs(entry.points))[:limit]
        options.screen.document({"balance": found.to_dict(), "contributions": [entry.to_dict() for entry in largest]})
    else:
        options.screen.show(render.explanation(found, added, limit))
    return FINE if found.is_known else NO


@command
def overdrawn(
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="The N most overdrawn only.", show_default="all")
    ] = None,
    *,
    options: ReadingOptions,
) -> int:
    """List the accounts below zero, the most overdrawn first."""
    screen = options.screen
    with options.ledger() as ledger, screen.busy("reading balances"):
        found = ledger.overdrawn(as_of=options.as_of, known_at=options.known_at)
    shown = found[:limit]
    if options.as_json:
        screen.document({"count": len(found), "overdrawn": [balance.to_dict() for balance in shown]})
    elif found:
        title = f"{len(found)} overdrawn" + (f", the first {len(shown)}" if len(shown) < len(found) else "")
        screen.show(render.heading(title, *render.reading(found[0])), render.balances_table(shown))
    else:
        screen.show("no account is overdrawn")
    return FINE
