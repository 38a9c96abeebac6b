"""From readings to what a person reads: pure functions, records in, rich renderables out.

Numbers are right-aligned, with two decimals and a minus sign; what matters less is dim; what is below zero is red
and has its sign, so that nothing is said by color alone. Account ids, references and notes are the caller's and go
in as `Text`, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from math import fsum
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from goodwill.cli.screen import MINUS
from goodwill.domain.audit import AuditRecord
from goodwill.domain.balance import Balance, Contribution, TraceStep, Unvalued
from goodwill.domain.statement import Line, Statement
from goodwill.ledger.purging import Replaced

if TYPE_CHECKING:
    from goodwill.stores.sqlalchemy.outbox.waiting import Backlog

__all__ = [
    "audit_table",
    "balance_breakdown",
    "balances_table",
    "contributions_table",
    "day",
    "explanation",
    "heading",
    "moment",
    "number",
    "outbox_table",
    "points",
    "purged_table",
    "statement_view",
    "table",
]

MUTED = "dim"
LOSS = "red"


def number(value: float, *, signed: bool = False, digits: int = 2) -> str:
    """A number with thousands separated and a typographic minus; what rounds to zero has no sign.

    Example:
        >>> number(1234.567), number(5.0, signed=True), number(-0.001)
        ('1,234.57', '+5.00', '0.00')
    """
    rounded = round(value, digits) + 0.0
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"


def points(value: float, *, signed: bool = False, style: str = "") -> Text:
    """Points: red below zero."""
    text = number(value, signed=signed)
    return Text(text, style=f"{style} {LOSS}".strip() if text.startswith(MINUS) else style)


def percent(share: float) -> str:
    """A share as a percentage: what is nearly gone is not called gone."""
    return "<1%" if 0.0 < share < 0.005 else f"{share:.0%}"


def day(instant: datetime | None) -> str:
    """The date of an instant, in its own zone."""
    return "" if instant is None else instant.date().isoformat()


def moment(instant: datetime) -> str:
    """An instant for a heading: the date alone at midnight, else to the minute, with its zone."""
    is_midnight = (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0)
    return day(instant) if is_midnight else f"{instant:%Y-%m-%d %H:%M} {instant.tzname()}"


def table(*columns: str, numbers: Iterable[str] = (), dim: Iterable[str] = ()) -> Table:
    """A table in the house's style: no side walls, columns of numbers right-aligned and never broken."""
    numbers, dim = set(numbers), set(dim)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        if name in numbers:
            made.add_column(name, justify="right", no_wrap=True, style=MUTED if name in dim else "")
        else:
            made.add_column(name, overflow="fold", style=MUTED if name in dim else "")
    return made


def heading(title: str, *muted: str) -> Text:
    """A line above a table: what it is, then under which policy and when, dim."""
    return Text.assemble((title, "bold"), *((f"  {text}", MUTED) for text in muted if text))


def reading(balance: Balance) -> tuple[str, ...]:
    """Under which conditions a balance was read, for a heading."""
    known = "" if balance.known_at is None else f"known at {moment(balance.known_at)}"
    return (f"as of {moment(balance.as_of)}", known, balance.policy, "provisional" if balance.provisional else "")


def balances_table(balances: Sequence[Balance]) -> RenderableType:
    """One line an account: its points, the parts above and below zero, its standing."""
    made = table(
        "account", "points", "above 0", "below 0", "standing", "entries", "last contact",
        numbers=("points", "above 0", "below 0", "entries"), dim=("above 0", "below 0", "entries", "last contact"),
    )  # fmt: skip
    for balance in balances:
        made.add_row(
            Text(balance.account),
            points(balance.points, style="bold") if balance.is_known else Text("", style=MUTED),
            number(balance.positive) if balance.is_known else "",
            number(balance.negative) if balance.is_known else "",
            standing(balance),
            str(balance.entries) if balance.is_known else "",
            day(balance.last_contact),
        )
    return made


def audit_table(records: Sequence[AuditRecord]) -> RenderableType:
    """One line an operation on an account as a whole."""
    made = table("recorded", "account", "operation", "by", "reason", dim=("by", "reason"))
    for each in records:
        said = map(Text, (each.account, each.operation, each.actor or "", each.reason or ""))
        made.add_row(moment(each.recorded_at), *said)
    return made


def purged_table(done: Sequence[Replaced]) -> RenderableType:
    """One line a customer whose old facts gave way, with what they come to under the first policy."""
    made = table(
        "account", "purged", "kept", "above 0", "below 0", numbers=("purged", "above 0", "below 0"), dim=("kept",)
    )
    for each in done:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(each.kept.items()))
        first = [opening for opening in each.openings if opening.read_under == each.openings[0].read_under]
        parts = (sum(opening.positive for opening in first), sum(opening.negative for opening in first))
        made.add_row(Text(each.account), str(each.entries), Text(why), *map(points, parts))
    return made


def outbox_table(backlogs: Sequence[Backlog], *, accounts: int, events: int, parked: int) -> RenderableType:
    """One line an account of which something waits to be sent."""
    made = table("account", "waiting", "oldest", "tries", "state", "because", numbers=("waiting", "tries"))
    for each in backlogs:
        oldest = str(each.oldest).partition(".")[0]
        made.add_row(Text(each.account), str(each.events), oldest, str(each.attempts), state(each), each.fault or "")
    shown = f", the first {len(backlogs)}" if len(backlogs) < accounts else ""
    return Group(Text(f"{events} events of {accounts} accounts wait, {parked} of them parked{shown}"), made)


def state(backlog: Backlog) -> Text:
    """Why an account's events are not sent at this moment."""
    if backlog.parked_at is not None:
        return Text(f"parked {moment(backlog.parked_at)}", style=LOSS)
    if backlog.is_restricted:
        return Text("restricted", style="yellow")
    return Text("" if backlog.next_at is None else f"again {moment(backlog.next_at)}")


def standing(balance: Balance) -> Text:
    """The band of a balance; red where it is overdrawn."""
    if not balance.is_known:
        return Text("unknown account", style="yellow")
    return Text(balance.standing, style=LOSS if balance.is_overdrawn else "green")


def balance_breakdown(balance: Balance) -> Group:
    """What a table of balances has no room for: terms, and entries that the policy has no opinion on."""
    parts: list[RenderableType] = []
    for name, amount in balance.terms.items():
        parts.append(Text.assemble(f"  {name}  ", points(amount, signed=True)))
    if balance.unvalued:
        parts.append(Text(f"{balance.account}: {len(balance.unvalued)} entries count 0:", style="yellow"))
        parts.extend(unvalued(entry) for entry in balance.unvalued)
    return Group(*parts)


def unvalued(entry: Unvalued) -> Text:
    """An entry without a worth, and why."""
    return Text(f"  {day(entry.occurred_at)}  {entry.kind}: {entry.reason}", style=MUTED)


def explanation(balance: Balance, contributions: Sequence[Contribution], limit: int | None = None) -> Group:
    """A balance, what each entry adds to it, and what counts 0."""
    if not balance.is_known:
        return Group(Text(f"unknown account: nothing of {balance.account} is known as of {moment(balance.as_of)}"))
    title = Text.assemble(
        (balance.account, "bold"), "  ", points(balance.points, style="bold"), "  ", standing(balance)
    )
    conditions = Text("  ".join(text for text in reading(balance) if text), style=MUTED)
    return Group(title, conditions, "", contributions_table(contributions, limit), balance_breakdown(balance))


def contributions_table(contributions: Sequence[Contribution], limit: int | None = None) -> RenderableType:
    """What each entry adds, the largest first, and below each how it came to that; at the end, what all add up to."""
    made = table(
        "date", "what", "worth", "left", "points", numbers=("worth", "left", "points"), dim=("date", "worth", "left")
    )
    by_id = {contribution.id: contribution for contribution in contributions}
    ordered = sorted(contributions, key=lambda entry: -abs(entry.points))
    for entry in ordered[:limit]:
        made.add_row(
            day(entry.occurred_at),
            what(entry, by_id),
            number(entry.worth, signed=True),
            percent(entry.share),
            points(entry.points, signed=True, style="bold"),
        )
    rest = [] if limit is None else ordered[limit:]
    if rest:
        others = points(fsum(entry.points for entry in rest), signed=True)
        made.add_row("", Text(f"{len(rest)} smaller ones", style=MUTED), "", "", others)
    made.add_section()
    entries = f"{len(contributions)} {'entry' if len(contributions) == 1 else 'entries'}"
    made.add_row("", Text(entries, style=MUTED), "", "", points(fsum(entry.points for entry in contributions)))
    return made


def what(entry: Contribution, by_id: Mapping[str, Contribution]) -> Text:
    """The kind and reference of an entry, and its trace on the lines below, dim."""
    text = Text.assemble((entry.kind, ""), (f"  {entry.reference}" if entry.reference else "", MUTED))
    text.append(f"\n{trace(entry.trace)}", style=MUTED)
    answered = by_id.get(entry.recovers or "")
    if answered is not None:
        text.append(f"\nanswers {answered.kind} of {day(answered.occurred_at)}", style=MUTED)
    if entry.note is not None:
        text.append(f"\nno recovery: {entry.note}", style=MUTED)
    return text


def trace(steps: Sequence[TraceStep]) -> str:
    """How a worth came about: the first step, then those that changed it.

    Example:
        >>> trace([TraceStep("rate_card", 0, 10), TraceStep("sincerity", 10, 10), TraceStep("prospect", 10, 7.586)])
        'rate_card 10.00, prospect 7.59'
    """
    telling = [step for index, step in enumerate(steps) if index == 0 or step.after != step.before]
    return ", ".join(f"{step.step} {number(step.after)}" for step in telling)


def statement_view(statement: Statement, zone: tzinfo = UTC) -> Group:
    """A statement: opening, lines, what was forgotten and forgiven, closing; the printed numbers add up."""
    start, end = (instant.astimezone(zone) for instant in (statement.period.start, statement.period.end))
    known = "" if statement.known_at is None else f"known at {moment(statement.known_at)}"
    title = heading(f"Statement of {statement.account}", f"{moment(start)} to {moment(end)}", known, statement.policy)
    shown = statement.rounded()
    made = table("date", "what", "reference", "points", numbers=("points",), dim=("date", "reference"))
    made.add_row(day(start), "opening", "", points(shown.opening, style="bold"))
    if shown.restated:
        made.add_row("", "restated", "what became known since", points(shown.restated, signed=True))
    for line in statement.lines:
        made.add_row(*statement_line(line, zone))
    made.add_section()
    for name, meaning, amount in movements(shown):
        made.add_row("", name, meaning, points(amount, signed=True))
    made.add_section()
    made.add_row(day(end), "closing", "", points(shown.closing, style="bold"))
    counted = f"{statement.unvalued} entries count 0; goodwill balance lists them" if statement.unvalued else ""
    return Group(title, made, *([Text(counted, style="yellow")] if counted else []))


def movements(statement: Statement) -> list[tuple[str, str, float]]:
    """What moved a balance, each with its sign and a word on what it is."""
    return [
        ("deposited", "", statement.deposited),
        ("withdrawn", "", -statement.withdrawn),
        ("forgotten", "deposits that faded", -statement.forgotten),
        ("forgiven", "withdrawals that faded", statement.forgiven),
        *((name, "", amount) for name, amount in statement.terms.items()),
    ]


def statement_line(line: Line, zone: tzinfo) -> tuple[str, Text, Text, Text]:
    """One entry of a statement as a row."""
    date = day(line.occurred_at.astimezone(zone))
    return (date, Text(line.kind), Text(line.reference or ""), points(line.worth, signed=True))
