"""An appraisal on a screen, and for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from goodwill.cli import render
from goodwill.ledger.exporting import plain
from goodwill.reports import appraising

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal
    from goodwill.appraisal.breaking_even import BreakEven
    from goodwill.appraisal.uncertainty import Chance

__all__ = ["document", "view"]

GESTURE: Final = ("kind", "magnitude", "cost", "occurred_at", "in_response_to")


def view(told: Appraisal) -> RenderableType:
    """The verdict, the numbers, what they rest on, and the caveats."""
    return Group(*parts(told))


def parts(told: Appraisal) -> Iterator[RenderableType]:
    """One after another, a blank line between them."""
    yield Text(appraising.verdict(told), style="bold")
    yield Text(f"as of {render.moment(told.as_of)}  {told.policy}", style=render.MUTED)
    yield named("money", "", [*appraising.at_stake(told), *appraising.worth(told)])
    yield columns(("goodwill that it buys", "points", "share"), appraising.points_left(told))
    even = list(appraising.break_evens(told))
    if even:
        yield columns(("breaks even at", "would have to be", "is"), even)
    if told.chance is not None:
        yield named("how sure this is", "", appraising.chances(told))
    yield named("what it rests on", "", appraising.assumptions(told))
    yield Text("")
    for caveat in told.caveats:
        yield Text(f"! {caveat.text}", style="yellow")


def named(name: str, told: str, rows: Iterable[appraising.Row]) -> RenderableType:
    """Rows of a name and a text."""
    made = render.table(name, told, dim=(name,))
    for row in rows:
        made.add_row(*map(Text, row))
    return Group("", made)


def columns(header: tuple[str, ...], rows: Iterable[appraising.Row]) -> RenderableType:
    """Rows of a name and numbers."""
    made = render.table(*header, numbers=header[1:], dim=header[:1])
    for row in rows:
        made.add_row(*map(Text, row))
    return Group("", made)


def document(told: Appraisal) -> dict[str, Any]:
    """An appraisal as JSON holds it; amounts that were not rounded are numbers, money is an amount with its currency."""
    return {
        "account": told.account,
        "gesture": {name: plain(getattr(told.gesture, name)) for name in GESTURE},
        "as_of": told.as_of.isoformat(),
        "policy": told.policy,
        "is_worth_it": told.is_worth_it,
        "cost": plain(told.cost),
        "value": plain(told.value),
        "net": plain(told.net),
        "expected_cost": told.expected_cost,
        "word_of_mouth": told.word_of_mouth,
        "change": asdict(told.change),
        "bought": told.bought,
        "left": {str(days): points for days, points in told.left.items()},
        "half_life": told.half_life,
        "break_even": None if told.break_even is None else even(told.break_even),
        "chance": None if told.chance is None else chance(told.chance),
        "link": told.link.to_dict(),
        "customer_value": told.customer_value.to_dict(),
        "retention": [{**stay._asdict(), "at": stay.at.isoformat()} for stay in told.retention],
        "caveats": [caveat._asdict() for caveat in told.caveats],
    }


def even(found: BreakEven) -> dict[str, Any]:
    """A break-even, as JSON holds it."""
    return {name: plain(value) for name, value in asdict(found).items()}


def chance(found: Chance) -> dict[str, Any]:
    """A chance, as JSON holds it."""
    return {
        "worth_it": found.worth_it,
        "low": plain(found.low),
        "middle": plain(found.middle),
        "high": plain(found.high),
        "draws": found.draws,
        "stated": found.stated.to_dict(),
    }
