"""The commands that read all accounts through a frame: waivers, forecast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from goodwill.cli import render
from goodwill.cli.options import FINE, BadOption, ReadingOptions, command
from goodwill.domain.instant import from_us
from goodwill.domain.money import Money
from goodwill.domain.period import Period
from goodwill.ledger.ledger import Ledger

__all__ = ["forecast", "waivers"]

Row = Mapping[str, Any]

BY = ("account", "actor", "channel", "currency", "kind", "month", "recovers_kind")
"""What concessions are added up by."""

NUMBERS = ("given", "cost", "bought", "left", "share", "a point")
BUT_FEW = ("cost", "left")
WIDE = 70
"""Columns of a screen that has room for all numbers."""

IN_PERIOD = "in_period"
"""What the column is called that says whether an entry happened in the period asked for."""


@command
def waivers(
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help=f"One of {', '.join(BY)} (what was answered). Repeat for more.",
            show_default="kind",
        ),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="PERIOD", help="Those of a period only: 2026-03, ...", show_default="all"),
    ] = None,
    tz: Annotated[str, typer.Option("--tz", metavar="ZONE", help="Time zone of the period, IANA.")] = "UTC",
    *,
    options: ReadingOptions,
) -> int:
    """Show what concessions cost, what goodwill they bought, and what is left.

    A concession is a deposit with a cost. What it bought is what the policy says, and no effect that was measured.
    Needs the extras `frames` and `parquet`.
    """
    from goodwill import analytics  # noqa: PLC0415 - an extra

    keys = keys_of(by or ["kind"])
    screen = options.screen
    with options.ledger() as ledger, screen.busy("reading entries"):
        now = options.as_of or ledger.clock.now()
        asked = None if period is None else Period.parse(period, as_of=now, tz=tz)
        frame = happened(analytics.entries(ledger, backend="pyarrow", known_at=options.known_at), asked)
        found = analytics.waivers(frame, ledger.policy, now, by=[IN_PERIOD, *keys], **reading_of(ledger))
        policy = ledger.policy.fingerprint
    rows = sorted((row for row in found.to_pylist() if row.pop(IN_PERIOD)), key=lambda row: in_order(row, keys))
    if options.as_json:
        read = {"as_of": now.isoformat(), "policy": policy, "period": None if asked is None else str(asked), "by": keys}
        screen.document({**read, "waivers": [priced(row, keys) for row in rows]})
    elif rows:
        currencies = sorted({row["currency"] for row in rows})
        when = () if asked is None else (f"{render.moment(asked.start)} to {render.moment(asked.end)}",)
        screen.show(
            render.heading(f"Waivers, in {', '.join(currencies)}", *when, *conditions(now, options.known_at, policy))
        )
        shown = keys if len(currencies) == 1 else list(dict.fromkeys([*keys, "currency"]))
        screen.show(waivers_table(rows, shown, screen.out.width))
        if screen.out.width >= WIDE:
            screen.note("bought and left are points; a point: what each that is left cost")
    else:
        screen.note("nothing with a cost was given" + ("" if asked is None else " in that period"))
    return FINE


def keys_of(by: Sequence[str]) -> list[str]:
    """What was asked for, each once.

    Raises:
        BadOption: for something that nothing is added up by.
    """
    for name in by:
        if name not in BY:
            raise BadOption(f"--by {name!r} is none of {', '.join(BY)}")
    return list(dict.fromkeys(by))


def happened(frame: Any, period: Period | None) -> Any:
    """The frame, with a column that says whether an entry happened in the period.

    Nothing is left out: what a concession answers may have happened before.
    """
    import narwhals.stable.v2 as nw  # noqa: PLC0415 - an extra

    if period is None:
        inside = nw.lit(value=True)
    else:
        inside = (nw.col("occurred_at") >= period.start) & (nw.col("occurred_at") < period.end)
    return nw.from_native(frame).with_columns(inside.alias(IN_PERIOD)).to_native()


def in_order(row: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    """The costliest first, currency by currency; months as they come."""
    if "month" in keys:
        return (str(row["currency"]), row["month"], -row["cost"], *(str(row[key]) for key in keys))
    return (str(row["currency"]), -row["cost"], *(str(row[key]) for key in keys))


def priced(row: Row, keys: Iterable[str]) -> dict[str, Any]:
    """What is of one value, as JSON holds it."""
    told = {key: row[key] if row[key] is None else str(row[key]) for key in keys}
    counts = {name: row[name] for name in ("concessions", "accounts")}
    points = {name: row[name] for name in ("bought", "left", "share", "cost_per_point_bought", "cost_per_point_left")}
    return {**told, **counts, "cost": Money(row["cost"], row["currency"]).to_dict(), **points}


def waivers_table(rows: Sequence[Row], keys: Sequence[str], width: int) -> RenderableType:
    """One line a value: how many were given, their cost, what that bought, what is left, and what a point left cost.

    On a screen that has no room for all numbers, the cost and what is left.
    """
    numbers = NUMBERS if width >= WIDE else BUT_FEW
    made = render.table(*keys, *numbers, numbers=numbers, dim=("given", "share"))
    for row in rows:
        named = (Text("none" if row[key] is None else str(row[key])) for key in keys)
        told = numbers_of(row)
        made.add_row(*named, *(told[name] for name in numbers))
    return made


def numbers_of(row: Row) -> dict[str, str | Text]:
    """The numbers of a line, by what their columns are called."""
    price, share = row["cost_per_point_left"], row["share"]
    return {
        "given": f"{row['concessions']:,}",
        "cost": f"{Money(row['cost'], row['currency']).amount:,f}",
        "bought": render.points(row["bought"]),
        "left": render.points(row["left"]),
        "share": "" if share is None else render.percent(share),
        "a point": "" if price is None else render.number(price),
    }


@command
def forecast(
    days: Annotated[float, typer.Option("--days", metavar="DAYS", help="How far ahead.")] = 90.0,
    at_risk: Annotated[bool, typer.Option("--at-risk", help="Only those who are below zero, or will be.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="The first N only.", show_default="all")
    ] = None,
    *,
    options: ReadingOptions,
) -> int:
    """Show who goes below zero, and when, if nothing happens.

    What was given fades, silence grows, and promises that fall due are broken; it is no guess at what customers do.
    Needs the extras `frames` and `parquet`.
    """
    from goodwill import analytics  # noqa: PLC0415 - an extra

    screen = options.screen
    with options.ledger() as ledger, screen.busy("looking ahead"):
        now = options.as_of or ledger.clock.now()
        frame = analytics.entries(ledger, backend="pyarrow", known_at=options.known_at)
        ask = analytics.at_risk if at_risk else analytics.forecast
        found = ask(frame, ledger.policy, now, days, **reading_of(ledger))
        policy = ledger.policy.fingerprint
    rows = sorted(found.to_pylist(), key=soonest)
    count = sum(row["overdrawn_us"] is not None for row in rows)
    if options.as_json:
        read = {"as_of": now.isoformat(), "policy": policy, "days": days, "count": count}
        screen.document({**read, "forecast": [foretold(row) for row in rows[:limit]]})
    elif rows:
        cut = f", the first {limit} accounts" if limit is not None and limit < len(rows) else ""
        title = f"{count} below zero within {days:g} days{cut}"
        screen.show(render.heading(title, *conditions(now, options.known_at, policy)))
        screen.show(forecast_table(rows[:limit], days))
    else:
        screen.note(f"no account is below zero within {days:g} days" if at_risk else "this ledger has no entries yet")
    return FINE


def soonest(row: Row) -> tuple[Any, ...]:
    """Who is below zero the soonest first, then the lowest."""
    us = row["overdrawn_us"]
    return (us is None, us or 0, row["balance"], row["account"])


def foretold(row: Row) -> dict[str, Any]:
    """An account's forecast, as JSON holds it."""
    us = row["overdrawn_us"]
    return {
        "account": row["account"],
        "points": row["balance"],
        "standing": row["standing"],
        "is_overdrawn": row["is_overdrawn"],
        "overdrawn_at": None if us is None else from_us(us).isoformat(),
    }


def forecast_table(rows: Iterable[Row], days: float) -> RenderableType:
    """One line an account: where it stands, and when it is below zero."""
    made = render.table("account", "points", "standing", "below zero", numbers=("points",), dim=("standing",))
    for row in rows:
        us = row["overdrawn_us"]
        if row["is_overdrawn"]:
            when = Text("now", style=render.LOSS)
        elif us is None:
            when = Text(f"not within {days:g} days", style=render.MUTED)
        else:
            when = Text(render.moment(from_us(us)), style="yellow")
        made.add_row(Text(row["account"]), render.points(row["balance"], style="bold"), row["standing"], when)
    return made


def reading_of(ledger: Ledger) -> dict[str, Any]:
    """How a frame of its entries is read as the ledger reads them."""
    return {"home": ledger.currencies[0], "catalog": ledger.catalog}


def conditions(now: datetime, known_at: datetime | None, policy: str) -> tuple[str, ...]:
    """Under which conditions it was read, for a heading."""
    return (f"as of {render.moment(now)}", "" if known_at is None else f"known at {render.moment(known_at)}", policy)
