"""An appraisal as a page of its own: one file of HTML, to be read in a browser, mailed or printed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from goodwill.domain.errors import WrongType
from goodwill.plots.appraisal import appraisal as drawn
from goodwill.reports import appraising
from goodwill.reports.appraising import Row, percent
from goodwill.reports.html import listed, moment, number
from goodwill.reports.page import facts, figures, folded, grid, page, picture, section

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal

__all__ = ["appraisal_report", "write"]

HERE = "Each line alone: what it would have to be for the gesture to be worth just what it costs, and what it is."
UNSTATED = "No uncertainty was stated, so nothing is said of how sure this is."


def appraisal_report(appraised: Appraisal) -> str:
    """An appraisal as one page of HTML: the verdict, the money, the points, the picture, what it rests on, the caveats.

    It has its style and its picture in it, no script, and loads nothing. It follows the reader's light or dark mode, and
    prints. The same appraisal is the same page.

    Args:
        appraised: what `goodwill.appraisal.appraise` said.

    Raises:
        WrongType: if it is no appraisal.
        ImportError: without matplotlib, which draws its picture (`goodwill[plots]`).

    Example:
        >>> from goodwill import Deposit, Ledger, Money
        >>> from goodwill.appraisal import CustomerValue, RetentionLink, appraise
        >>> ledger = Ledger.in_memory()
        >>> gesture = Deposit(account="ada", kind="fee_waived", cost=Money(15, "USD"), occurred_at=ledger.clock.now())
        >>> value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> told = appraise(ledger, gesture, value=value, link=RetentionLink(base=0.95, slope=0.02))
        >>> "<h1>Is fee_waived for ada worth its cost?</h1>" in appraisal_report(told)
        True
    """
    if not hasattr(appraised, "retention"):
        raise WrongType(f"a report is of an Appraisal, not of {type(appraised).__name__}")
    return page(
        appraising.question(appraised),
        lead(appraised),
        section("What it is worth, and for how long", facts("Worth", appraising.worth(appraised))),
        section("The goodwill that it buys", left_of_it(appraised)),
        section("Where it breaks even", even(appraised)),
        section("How likely the customer stays", path(appraised)),
        section("How sure this is", sureness(appraised)),
        section("What it rests on", facts("Assumptions", appraising.assumptions(appraised))),
        section("Before you believe it", listed(caveat.text for caveat in appraised.caveats)),
    )


def write(appraised: Appraisal, path: str | PathLike[str]) -> None:
    """Write the page of `appraisal_report` into a file.

    Raises:
        OSError: if the file cannot be written.
    """
    Path(path).write_text(appraisal_report(appraised), encoding="utf-8")


def lead(appraised: Appraisal) -> str:
    """The verdict and the three numbers of it."""
    verdict = f'<p class="verdict">{escape(appraising.verdict(appraised))}</p>'
    read = f"As of {moment(appraised.as_of)}, under {appraised.policy}."
    return f'{verdict}\n<p class="muted">{escape(read)}</p>\n{figures(appraising.at_stake(appraised))}'


def left_of_it(appraised: Appraisal) -> str:
    """What was bought, and what is left of it."""
    header = ("when", "points", "of what it bought")
    return grid("Points left of the gesture", header, appraising.points_left(appraised), numbers=2)


def even(appraised: Appraisal) -> str:
    """At what it would be worth just what it costs."""
    rows = list(appraising.break_evens(appraised))
    if not rows:
        return ""
    return f'<p class="muted">{HERE}</p>\n' + grid("Break-evens", ("what", "would have to be", "is"), rows, numbers=2)


def sureness(appraised: Appraisal) -> str:
    """The chance, or that there is none."""
    return facts("Chance", appraising.chances(appraised)) or f'<p class="muted">{UNSTATED}</p>'


def path(appraised: Appraisal) -> str:
    """The picture of the retention path, and its numbers."""
    if not appraised.retention:
        return ""
    ax = drawn(appraised)
    ax.set_title("", loc="left")  # the page says whose it is
    header = ("end of the period", "stays without", "stays with it", "points without", "points with it")
    numbers = grid("Staying and goodwill, period by period", header, periods(appraised), numbers=4)
    return picture(ax.figure, told(appraised)) + "\n" + folded("The numbers of the picture", numbers)


def periods(appraised: Appraisal) -> Iterator[Row]:
    """The path as rows."""
    for stay in appraised.retention:
        points = number(stay.goodwill_without), number(stay.goodwill_with)
        yield moment(stay.at), percent(stay.without, 2), percent(stay.with_it, 2), *points


def told(appraised: Appraisal) -> str:
    """The picture in words."""
    first, last = appraised.retention[0], appraised.retention[-1]
    return (
        f"Two curves of how likely the customer stays, and of the goodwill beneath. For the period to {moment(first.at)}: "
        f"{percent(first.with_it, 2)} with the gesture, {percent(first.without, 2)} without it. For the period to "
        f"{moment(last.at)}: {percent(last.with_it, 2)} with it, {percent(last.without, 2)} without it."
    )
