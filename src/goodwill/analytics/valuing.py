"""What each row of a frame is worth, and what share of it remains: a policy's formulas over expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial, reduce
from operator import or_
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.coding import Codes
from goodwill.analytics.engine import Engine, expression
from goodwill.analytics.lookup import Lookup
from goodwill.analytics.schema import Frame
from goodwill.decays import HalfLife
from goodwill.domain.entry import Fact
from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, choose, flush, where
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.valuation import Columns, Parts, RecoveryStep
from goodwill.valuations import RateCard

__all__ = [
    "ANYONE",
    "MICROSECONDS_A_DAY",
    "Worths",
    "after",
    "age",
    "in_force",
    "one_of",
    "price_of",
    "remaining",
    "shares",
    "summed",
    "worths",
]

MICROSECONDS_A_DAY: Final = 86_400_000_000.0

ANYONE: Final = Fact("", 0, "withdrawal", "", "", 0, 0)
"""What stands for a fact where a recovery is weighed by nothing of it but its numbers."""


class Worths(NamedTuple):
    """The formulas of a policy over a frame's columns.

    Attributes:
        engine: how they are said.
        kinds, currencies: what is looked up, to be joined before anything is computed.
        sign: 1 for a deposit, -1 for a withdrawal.
        is_valued: whether the policy has an opinion on the row.
        plain: the worth after sincerity; reads `sign`.
        worth: the worth when it happened, links aside; reads `sign` and `plain`. None where no step follows sincerity.
        trace: the worth after each step, by its tag; those from expectation on read `plain`.
    """

    engine: Engine
    kinds: Lookup
    currencies: Lookup
    sign: Operand
    is_valued: Operand
    plain: Operand
    worth: Operand | None
    trace: tuple[tuple[str, Operand], ...] = ()

    def computed(self, frame: Any, *, traced: bool = False) -> Any:
        """The frame with `sign`, `is_valued`, `plain` and `worth`; a row without a worth has 0.

        Traced, it also has a column for each step, which is null for a row without a worth.
        """
        looked_up = self.currencies.joined(self.kinds.joined(frame))
        signed = looked_up.with_columns(sign=expression(self.sign), is_valued=expression(self.is_valued))
        computed = self.engine.with_columns
        plain = self.masked(computed(signed, plain=self.plain), "plain")
        if self.worth is None:
            worth = plain.with_columns(worth=nw.col("plain"))
        else:
            worth = self.masked(computed(plain, worth=self.worth), "worth")
        if not traced or not self.trace:
            return worth
        told = computed(worth, **{after(tag): so_far for tag, so_far in self.trace})
        valued = nw.when(nw.col("is_valued"))
        return told.with_columns(**{after(tag): valued.then(nw.col(after(tag))) for tag, _ in self.trace})

    def masked(self, frame: Frame, name: str) -> Frame:
        """The frame with 0 in a column where a row has no worth."""
        column = self.engine.column
        return self.engine.with_columns(frame, **{name: where(column("is_valued"), column(name), 0.0)})


def after(tag: str) -> str:
    """The column of what rows are worth after a step; steps and columns of a frame share names, such as severity."""
    return f"after_{tag}"


def in_force(frame: Any, as_of_us: int, known_us: int | None) -> Any:
    """The rows that a reading sees: happened, known, and not taken out by a reversal that is known."""
    if known_us is not None:
        frame = frame.filter(nw.col("recorded_us") <= known_us)
    seen = frame.filter(nw.col("occurred_us") <= as_of_us)
    if "reverses" not in frame.columns:
        return seen
    out = frame.filter(~nw.col("reverses").is_null()).select(nw.col("reverses").alias("id")).unique()
    return seen.filter(nw.col("type") != "reversal").join(out, on="id", how="anti")


def worths(policy: Policy, engine: Engine, home: str | None, there: frozenset[str], *, unmixed: bool = False) -> Worths:
    """The formulas of a policy; what a frame lacks of the columns that need not be there is as if nobody had said it.

    Args:
        policy: per_entry or linked; steps with state are folded elsewhere.
        engine: how the frame's engine says formulas.
        home: the currency that a point is measured in.
        there: the columns that the frame has.
        unmixed: whether every row is known to be a deposit or a withdrawal.
    """
    card = policy.valuation.steps[0]
    if not isinstance(card, RateCard):  # the one shipped step of its stage
        raise TypeError(f"the worths of {card.tag} are not looked up by kind")
    kinds = Lookup("kind", card.rates, engine.column)
    currencies = Lookup("currency", [*([home] if home else []), *policy.rates], engine.column)
    columns = Columns(
        kind=kinds,
        sign=engine.column("sign"),
        magnitude=given("magnitude", engine, there),
        exchange=exchange(policy, engine, home, currencies) if "currency" in there else 1.0,
        sincerity=given("sincerity", engine, there),
        severity=given("severity", engine, there),
    )
    worth: Any = None
    trace: list[tuple[str, Operand]] = []
    for step in policy.valuation.before_expectation:
        worth = step.apply(worth, columns)
        trace.append((step.tag, summed(worth)))
    plain, worth = summed(worth), None
    for step in (each for each in policy.valuation.from_expectation if not isinstance(each, RecoveryStep)):
        worth = step.apply(engine.column("plain") if worth is None else worth, columns)
        trace.append((step.tag, worth))
    sign = where(nw.col("type") == "deposit", 1.0, -1.0)
    rated = kinds.found() if unmixed else one_of("type", ("deposit", "withdrawal")) & kinds.found()
    known = rated & is_priced(card, kinds, currencies, there)
    return Worths(engine, kinds, currencies, sign, known, plain, worth, tuple(trace))


def summed(worth: Any) -> Operand:
    """One number for a worth in two parts."""
    return worth.material + worth.symbolic if isinstance(worth, Parts) else worth


def given(name: str, engine: Engine, there: frozenset[str]) -> Operand:
    """A column, and 1 where nobody said."""
    return engine.filled(engine.column(name), 1.0) if name in there else 1.0


def exchange(policy: Policy, engine: Engine, home: str | None, currencies: Lookup) -> Operand:
    """How many units of the policy's currency one unit of the magnitude buys; 1 where it is no money."""
    known = {**policy.rates, **({home: 1.0} if home else {})}
    rate = choose(currencies, known, 1.0)
    if isinstance(rate, float) and rate == 1.0:
        return 1.0
    return where(engine.is_null(engine.column("currency")), 1.0, engine.filled(rate, 1.0))


def is_priced(card: RateCard, kinds: Lookup, currencies: Lookup, there: frozenset[str]) -> Operand:
    """Whether a row of a kind with a rate has a currency with one where the rate reads it."""
    place = kinds.place(price_of(card), 0.0)
    reads = nw.col(place) if isinstance(place, str) else nw.lit(place)
    if "currency" not in there:
        return reads < 2.0
    known = where(one_of("currency", currencies.values), 2.0, 0.0)
    return reads <= where(nw.col("currency").is_null(), 1.0, known)


def one_of(column: str, texts: Iterable[str]) -> Any:
    """Which rows have one of a few texts; no engine compares lists as fast."""
    return reduce(or_, (nw.col(column) == text for text in texts), nw.lit(value=False))


def price_of(card: RateCard) -> dict[str, float]:
    """What a rate reads of a currency, by kind: 0 nothing, 1 it where there is one, 2 it needs one."""
    per = {"event": 0.0, "unit": 1.0, "money": 2.0}
    return {kind: per[rate.per] for kind, rate in card.rates.items()}


def age(as_of_us: int | Any, occurred_us: Operand | None = None) -> Operand:
    """Days since a row happened, by its column where nothing else is given."""
    return (as_of_us - (nw.col("occurred_us") if occurred_us is None else occurred_us)) / MICROSECONDS_A_DAY


def shares(policy: Policy, kinds: Lookup | Codes, days: Operand, *, sign: Operand, severity: Operand) -> Operand:
    """The share that remains of each row at an age; by kind, else severity, else direction, else the default.

    Args:
        policy: one whose schedule picks by no dimension and no calendar.
        kinds: what is looked up by kind.
        days: the age.
        sign: 1 for a deposit, -1 for a withdrawal.
        severity: of each row.
    """
    return flush(remaining(policy, kinds, days, sign=sign, severity=severity))


def remaining(policy: Policy, kinds: Lookup | Codes, days: Operand, *, sign: Operand, severity: Operand) -> Operand:
    """The share that remains of each row at an age, which is yet to be flushed: see `shares`."""
    schedule = policy.decay
    picked = tuple(dict.fromkeys(schedule.decays))
    if len(picked) == 1:
        return picked[0].remaining(days)
    pick = partial(chosen, schedule, kinds, sign=sign, severity=severity)
    if all(isinstance(decay, HalfLife) for decay in picked):
        # One formula over a column of half-lives: its own line, with a column in the place of its number.
        length = pick({decay: decay.days for decay in picked if isinstance(decay, HalfLife)})
        return HalfLife.model_construct(days=length).remaining(days)
    place = pick({decay: float(number) for number, decay in enumerate(picked)})
    share = picked[0].remaining(days)
    for number, decay in enumerate(picked[1:], start=1):
        share = where(place == float(number), decay.remaining(days), share)
    return share


def chosen(
    schedule: DecaySchedule, kinds: Lookup | Codes, numbers: Mapping[Decay, float], *, sign: Operand, severity: Operand
) -> Operand:
    """A number for the decay that each row has."""
    other: Operand = numbers[schedule.default]
    for direction, decay in schedule.by_direction.items():
        other = where(sign == (1.0 if direction == "deposit" else -1.0), numbers[decay], other)
    for band in reversed(schedule.by_severity):
        other = where(severity >= band.severity, numbers[band.decay], other)
    by_kind = {kind: numbers[decay] for kind, decay in schedule.by_kind.items()}
    if isinstance(other, float):
        return choose(kinds, by_kind, other)
    named = choose(kinds, by_kind, -1.0)  # no decay has a negative number
    return where(named >= 0.0, named, other)
