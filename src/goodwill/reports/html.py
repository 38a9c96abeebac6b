"""Balances, statements and policies as HTML: plain tables, without a script, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from goodwill.domain.balance import Balance
from goodwill.domain.statement import Statement
from goodwill.policies.policy import Policy
from goodwill.policies.standing import Standing
from goodwill.valuations import RateCard

__all__ = ["balance", "policy", "statement"]

MINUS: Final = "\N{MINUS SIGN}"
RIGHT: Final = ' style="text-align:right"'
LEFT: Final = ' style="text-align:left"'


def balance(read: Balance) -> str:
    """A balance: its points and standing, what they are made of, and what counts 0 with the reason.

    Example:
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> _ = ledger.withdraw("ada", "late_delivery", 2)
        >>> balance(ledger.balance("ada")).partition(":")[0]
        '<table><caption><b>ada</b>'
    """
    known = f"<b>{escape(read.account)}</b>: {number(read.points)} points, {escape(read.standing)}"
    caption = known if read.is_known else f"<b>{escape(read.account)}</b>: unknown account"
    rows = [
        ("above 0", number(read.positive)),
        ("below 0", number(read.negative)),
        *((f"of these, {name}", number(amount, signed=True)) for name, amount in read.terms.items()),
        ("entries", f"{read.entries:,}"),
        ("last contact", "never" if read.last_contact is None else moment(read.last_contact)),
        ("as of", moment(read.as_of)),
        *([] if read.known_at is None else [("known at", moment(read.known_at))]),
        *([("asked for as", read.resolved_from)] if read.resolved_from is not None else []),
        ("policy", read.policy),
    ]
    notes = ["provisional: a transaction that is still open may change it"] if read.provisional else []
    notes += [f"made for another policy: {', '.join(read.foreign)}"] if read.foreign else []
    notes += [f"counts 0: {entry.kind} of {moment(entry.occurred_at)}, {entry.reason}" for entry in read.unvalued]
    return table(caption, (), rows, numbers=1) + listed(notes)


def statement(moved: Statement) -> str:
    """A statement: opening, the entries of the period, what was added and what faded, closing.

    The numbers are rounded so that those between opening and closing still add up; the entries are a part of them.

    Example:
        >>> from goodwill import Ledger
        >>> "<td" in statement(Ledger.in_memory().statement("ada", "2026-03"))
        True
    """
    shown = moved.rounded()
    start, end = moment(moved.period.start), moment(moved.period.end)
    restated = [("", "restated", "what became known since", number(shown.restated, signed=True))]
    rows = [
        (start, "opening", "", number(shown.opening)),
        *(restated if shown.restated else []),
        *(
            (moment(line.occurred_at), line.kind, line.reference or "", number(line.worth, signed=True))
            for line in moved.lines
        ),
        *(("", name, meaning, number(amount, signed=True)) for name, meaning, amount in movements(shown)),
        (end, "closing", "", number(shown.closing)),
    ]
    caption = f"<b>{escape(moved.account)}</b>, {start} to {end}, {escape(moved.policy)}"
    notes = [f"known at {moment(moved.known_at)}"] if moved.known_at is not None else []
    notes += [f"{moved.unvalued} entries count 0"] if moved.unvalued else []
    return table(caption, ("date", "what", "reference", "points"), rows, numbers=1) + listed(notes)


def policy(opinion: Policy) -> str:
    """A policy: what it is made of, as code, its rates, and what a reader must know before believing it.

    Example:
        >>> from goodwill import presets
        >>> policy(presets.default()).partition("@")[0]
        '<table><caption><b>default'
    """
    about = f": {escape(opinion.description)}" if opinion.description else ""
    cards = [step for step in opinion.valuation.steps if isinstance(step, RateCard)]
    rows = [
        ("a point is a unit of", opinion.currency or "the ledger's home currency"),
        ("looks", f"{opinion.policy_class}, {'additive' if opinion.is_additive else 'not additive'}"),
        *((step.stage.label, repr(step)) for step in opinion.valuation.steps if not isinstance(step, RateCard)),
        ("decay", repr(opinion.decay if len(opinion.decay.decays) > 1 else opinion.decay.default)),
        *((term.tag, repr(term)) for term in opinion.terms),
        ("standing", bands(opinion.standing)),
    ]
    rates = [
        table("rates, in points", ("kind", "per", "material", "symbolic"), rates_of(card), numbers=2) for card in cards
    ]
    caveats = listed(f"Caveat: {text}" for text in opinion.caveats)
    return "".join([table(f"<b>{escape(opinion.fingerprint)}</b>{about}", (), rows), *rates, caveats])


def movements(shown: Statement) -> list[tuple[str, str, float]]:
    """What moved a balance, each with a word on what it is and its sign."""
    return [
        ("deposited", "", shown.deposited),
        ("withdrawn", "", -shown.withdrawn),
        ("forgotten", "deposits that faded", -shown.forgotten),
        ("forgiven", "withdrawals that faded", shown.forgiven),
        *((name, "", amount) for name, amount in shown.terms.items()),
    ]


def rates_of(card: RateCard) -> Iterator[tuple[str, ...]]:
    """A row for each kind."""
    for kind, rate in card.rates.items():
        yield kind, rate.per, f"{rate.material:g}", f"{rate.symbolic:g}"


def bands(standing: Standing) -> str:
    """The bands from the lowest up: overdrawn < 0 <= positive; or the two regimes, as code."""
    if standing.hysteresis is not None:
        return repr(standing.hysteresis)
    below = [f"{band.name} < {band.below:g} <=" for band in standing.bands]
    return " ".join([*below, standing.top])


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """A table whose last so many columns are numbers.

    Args:
        caption: HTML.
        header: the columns' names; none where the first column says what the others are.
        rows: texts, escaped here.
        numbers: how many columns at the right are aligned as numbers.
    """
    head = f"<thead>{line(header, 'th', numbers)}</thead>" if header else ""
    body = "".join(line(row, "td", numbers) for row in rows)
    return f"<table><caption>{caption}</caption>{head}<tbody>{body}</tbody></table>"


def line(cells: Sequence[str], tag: str, numbers: int) -> str:
    """One row."""
    first = len(cells) - numbers
    styles = [LEFT if place < first else RIGHT for place in range(len(cells))]
    return f"<tr>{''.join(f'<{tag}{style}>{escape(cell)}</{tag}>' for cell, style in zip(cells, styles, strict=True))}</tr>"


def listed(notes: Iterable[str]) -> str:
    """Notes below a table; nothing where there are none."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<ul>{items}</ul>" if items else ""


def moment(instant: datetime) -> str:
    """An instant in UTC: the date alone at midnight, else to the minute."""
    utc = instant.astimezone(UTC)
    is_midnight = (utc.hour, utc.minute, utc.second, utc.microsecond) == (0, 0, 0, 0)
    return utc.date().isoformat() if is_midnight else f"{utc.date().isoformat()} {utc:%H:%M} UTC"


def number(value: float, *, signed: bool = False, digits: int = 2) -> str:
    """A number with so many digits and a typographic minus; what rounds to zero has no sign."""
    rounded = round(value, digits) + 0.0
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"
