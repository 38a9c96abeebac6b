"""Pictures of one customer: the balance over time, and how it moved from opening to closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast

from goodwill.domain.balance import Contribution
from goodwill.domain.errors import WrongType
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.period import Period
from goodwill.domain.statement import Statement
from goodwill.ledger.ledger import AccountId, Ledger
from goodwill.plots.canvas import (
    BELOW,
    SMALL,
    Axes,
    axes_of,
    beside,
    explained,
    few_ticks,
    number,
    on_dates,
    plain,
    say,
    short,
    spread,
)
from goodwill.policies.policy import Policy
from goodwill.policies.readout import Readout, Relationship

__all__ = ["balance", "waterfall"]

LOOKS: Final = 200
"""At how many evenly spaced instants a balance is read, beside those at which something happened."""

RISE: Final = "^"
FALL: Final = "v"
LEVEL: Final = "o"
OVERDRAWN: Final[Mapping[str, Any]] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "/////"}
MARKS: Final[Mapping[str, Mapping[str, Any]]] = {
    marker: {"marker": marker, "markerfacecolor": face, "color": "black", "markersize": 5, "linestyle": "none"}
    for marker, face in ((RISE, "black"), (FALL, "white"), (LEVEL, "white"))
}
LOOKS_LIKE: Final[Mapping[str, Mapping[str, Any]]] = {
    "level": {"facecolor": "0.35", "hatch": ""},
    "up": {"facecolor": "white", "hatch": ""},
    "down": {"facecolor": "white", "hatch": "//////"},
}


class Seen:
    """Shown an account as a readout is, it keeps what it was shown, so that many instants can be asked for at once."""

    relationship: Relationship

    def read(self, relationship: Relationship) -> None:
        """Keep it; there is no number yet."""
        self.relationship = relationship


def balance(
    ledger: Ledger,
    account: AccountId,
    start: datetime,
    end: datetime,
    policy: Policy | None = None,
    *,
    known_at: datetime | None = None,
    named: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw one customer's balance from start to end, with its entries marked and named and what is overdrawn hatched.

    An entry points up where it was worth more than nothing when it happened, down where less; the number beside its
    kind is that worth, in points.

    Args:
        ledger: where the entries are.
        account: the customer's id.
        start: from when, aware; what happened then is among the entries.
        end: until when; likewise.
        policy: read under another than the ledger's own.
        known_at: read as it was known then.
        named: how many entries are named, those of the largest worth; all are marked.
        ax: where to draw; new axes where none are given.

    Raises:
        UnknownAccount: if nothing was ever written for the account.
        InvalidPeriod: if the end is not after the start.
        NaiveDatetime: for an instant without a zone.

    Example:
        >>> from datetime import UTC, datetime
        >>> ledger = Ledger.in_memory()
        >>> monday = datetime(2026, 3, 2, tzinfo=UTC)
        >>> late = ledger.withdraw("ada", "late_delivery", 2, occurred_at=monday)
        >>> ax = balance(ledger, "ada", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        >>> [text.get_text().partition(" ")[0] for text in ax.texts]
        ['late_delivery']
    """
    if not isinstance(ledger, Ledger):
        raise WrongType(f"a balance over time is read from a Ledger, not from {type(ledger).__name__}")
    period = Period(start, end)
    who = ledger.account(account).id
    course = course_of(ledger, account, period.end, policy, known_at)
    every = ledger.contributions(account, as_of=period.end, known_at=known_at, policy=policy)
    entries = [entry for entry in every if entry.occurred_at >= period.start]
    instants = instants_of(period, entries, course.opened_us)
    points = [course.balance_at(us) for us in instants]
    ax = axes_of(ax, height=3.0)
    times: Any = [from_us(us) for us in instants]
    ax.axhline(0.0, color="0.4", linewidth=0.6)
    below = [value < 0.0 for value in points]
    area = ax.fill_between(times, points, 0.0, where=below, interpolate=True, linewidth=0.0, **OVERDRAWN)
    ax.plot(times, points, color="black", linewidth=1.2)
    mark(ax, entries, course)
    on_dates(ax)
    few_ticks(ax.yaxis)
    ax.set_xlim(times[0], times[-1])
    told = sorted(entries, key=lambda entry: -abs(entry.worth))[:named]
    name(ax, sorted(told, key=lambda entry: entry.occurred_at), period)
    rest = "" if len(told) == len(entries) else f"\n{len(told)} of {len(entries)} entries named"
    say(ax, f"{short(who)} under {short((policy or ledger.policy).fingerprint)}{rest}", "balance, in points")
    signs = [ax.plot([], [], **looks)[0] for looks in (MARKS[RISE], MARKS[FALL])]
    labels = ["built up", "drew down", "overdrawn"]
    explained(ax, [*signs, area], labels, ncols=3, handlelength=1.5, below=BELOW + 10.0 * bool(rest))
    return ax


def course_of(
    ledger: Ledger, account: AccountId, end: datetime, policy: Policy | None, known_at: datetime | None
) -> Relationship:
    """The account as of the end, which can be asked for its balance at every instant before."""
    seen = Seen()
    ledger.readout(account, cast(Readout, seen), as_of=end, known_at=known_at, policy=policy)
    return seen.relationship


def instants_of(period: Period, entries: Sequence[Contribution], opened_us: int | None) -> list[int]:
    """When the balance is looked at: evenly, right before each entry and the account's opening, and at them."""
    start, end = to_us(period.start), to_us(period.end)
    happened = [to_us(entry.occurred_at) for entry in entries]
    if opened_us is not None and start <= opened_us <= end:
        happened.append(opened_us)  # a stock to begin with is there from then on
    looks = {start + (end - start) * place // LOOKS for place in range(LOOKS + 1)}
    return sorted({*looks, *happened, *(us - 1 for us in happened if us > start)})


def mark(ax: Axes, entries: Sequence[Contribution], course: Relationship) -> None:
    """A mark on the curve for each entry, by what it was worth."""
    for marker, look in MARKS.items():
        marked: Any = [entry.occurred_at for entry in entries if marker_of(entry) == marker]
        points = [course.balance_at(to_us(at)) for at in marked]
        if marked:
            ax.plot(marked, points, clip_on=False, zorder=3, **look)


def marker_of(entry: Contribution) -> str:
    """Up for what was worth more than nothing, down for less."""
    return RISE if entry.worth > 0.0 else FALL if entry.worth < 0.0 else LEVEL


def name(ax: Axes, entries: Sequence[Contribution], period: Period) -> None:
    """The entries' names above the axes, each upright over its mark, moved aside where two would touch."""
    length = (period.end - period.start).total_seconds()
    wide = ax.get_window_extent().width / ax.figure.dpi * 72.0
    places = [(entry.occurred_at - period.start).total_seconds() / length for entry in entries]
    for entry, place, moved in zip(entries, places, spread(places, 1.3 * SMALL / wide), strict=True):
        ax.annotate(
            plain(f"{entry.kind} {number(entry.worth, 1, signed=True)}"),
            (place, 1.0), (moved, 1.08), "axes fraction", "axes fraction",
            rotation=90, ha="center", va="bottom", fontsize=SMALL,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0.0, "shrinkB": 0.0, "relpos": (0.5, 0.0)},
        )  # fmt: skip
        ax.axvline(entry.occurred_at, color="0.55", linewidth=0.5, linestyle=":", zorder=0)  # type: ignore[arg-type] # the stubs know no dates


class Bar(NamedTuple):
    """One row of a waterfall: from where to where a bar goes, and what is written at its ends."""

    name: str
    start: float
    amount: float
    shown: str
    look: str


def waterfall(statement: Statement, *, ax: Axes | None = None) -> Axes:
    """Draw how a balance moved over a period: from opening, through what was added and what faded, to closing.

    The numbers at the right are rounded so that they still add up.

    Args:
        statement: of `ledger.statement(...)`.
        ax: where to draw; new axes where none are given.

    Raises:
        WrongType: for what is no statement.

    Example:
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> ax = waterfall(ledger.statement("ada", "2026-03"))
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['opening', 'deposited', 'withdrawn', 'forgotten', 'forgiven', 'closing']
    """
    if not isinstance(statement, Statement):
        raise WrongType(f"a waterfall is of a Statement, not of {type(statement).__name__}: ledger.statement(...)")
    bars = bars_of(statement)
    ax = axes_of(ax, height=1.0 + 0.22 * len(bars))
    ax.axvline(0.0, color="0.4", linewidth=0.6)
    for row, bar in enumerate(bars):
        ax.barh(row, bar.amount, left=bar.start, height=0.62, edgecolor="black", linewidth=0.8, **LOOKS_LIKE[bar.look])
    for row, bar in enumerate(bars[:-1]):
        ax.plot([bar.start + bar.amount] * 2, [row + 0.31, row + 0.69], color="0.4", linewidth=0.6)
    ax.set_yticks(range(len(bars)), [plain(bar.name) for bar in bars])
    ax.tick_params(axis="y", length=0.0)
    ax.set_xlim(*reach(bars))
    few_ticks(ax.xaxis)
    ax.set_ylim(len(bars) - 0.4, -0.6)
    beside(ax, [bar.shown for bar in bars])
    start, end = (f"{instant.astimezone(UTC):%Y-%m-%d}" for instant in (statement.period.start, statement.period.end))
    say(ax, f"points under {short(statement.policy)}", title=f"{short(statement.account, 24)}, {start} to {end}")
    ax.title.set_x(0.0)
    return ax


def bars_of(statement: Statement) -> list[Bar]:
    """Opening, what moved it, closing; each bar begins where the one before ends."""
    exact, shown = moves_of(statement), dict(moves_of(statement.rounded()))
    bars = [Bar("opening", 0.0, statement.opening, number(round(statement.opening, 2)), "level")]
    at = statement.opening
    for name, amount in exact:
        bars.append(Bar(name, at, amount, number(shown.get(name, 0.0), signed=True), "up" if amount > 0.0 else "down"))
        at += amount
    return [*bars, Bar("closing", 0.0, statement.closing, number(round(statement.closing, 2)), "level")]


def moves_of(statement: Statement) -> list[tuple[str, float]]:
    """What moved the balance, each with its sign."""
    return [
        *([("restated", statement.restated)] if statement.restated else []),
        ("deposited", statement.deposited),
        ("withdrawn", -statement.withdrawn),
        ("forgotten", -statement.forgotten),
        ("forgiven", statement.forgiven),
        *statement.terms.items(),
    ]


def reach(bars: Sequence[Bar]) -> tuple[float, float]:
    """From where to where the bars go, with a margin, and with room for the column of numbers."""
    ends = [0.0, *(end for bar in bars for end in (bar.start, bar.start + bar.amount))]
    low, high = min(ends), max(ends)
    wide = high - low or 1.0
    return low - 0.04 * wide, high + 0.4 * wide
