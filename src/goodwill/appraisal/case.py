"""One gesture beside one account, and what turns its goodwill into money."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from goodwill.appraisal.appraisal import Appraisal, Stay
from goodwill.appraisal.book import Account
from goodwill.appraisal.breaking_even import BreakEven, crossing
from goodwill.appraisal.caveats import caveats
from goodwill.appraisal.changing import Change, Floats, change
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.looking import A_HUNDRED_YEARS, are_settled, beyond, looks
from goodwill.appraisal.parameters import Rates, exchanged, rounded
from goodwill.appraisal.replaying import Counterfactual, Instants, Replay, counterfactual, instants
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
from goodwill.appraisal.uncertainty import Chance, Uncertainty, drawn
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Deposit
from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us, to_us
from goodwill.domain.money import Money
from goodwill.readouts import Volatility

__all__ = ["Case", "case_of"]

AFTER_DAYS: Final = (30, 90, 365)
QUICKEST: Final = 1e-9
"""How many times as slowly what fades at once does."""
PATH: Final = 60
"""How many periods of the path are told."""


def case_of(
    here: Account,
    gesture: Deposit,
    *,
    value: CustomerValue,
    link: RetentionLink,
    handling: Money | None = None,
    rates: Rates | None = None,
    claim_probability: float = 1.0,
    volatility: VolatilityAversion | None = None,
    norms: Norms | None = None,
    norm: str | None = None,
    without: Replay | None = None,
) -> Case:
    """A gesture beside an account at its present, ready to be weighed; what else counts is as `appraise` takes it.

    The replay without it may be given, of an account that was replayed before for another gesture.
    """
    if not 0.0 <= claim_probability <= 1.0:
        raise AppraisalError(f"a probability is in [0, 1], not claim_probability={claim_probability!r}")
    gain = claim_probability * (norms.gain(norm, gesture.kind) if norms is not None else 1.0)
    until_us = furthest(here, gesture, value) if without is None else without.reader.at_us
    case = counterfactual(here, gesture, until_us, without)
    if volatility is not None:
        link = link.shifted(volatility.index(volatility_of(case)))
    cost = cost_of(gesture, handling, value.currency, rates or {})
    return Case(here, gesture, case, value, link, gain, cost)


def furthest(account: Account, gesture: Deposit, value: CustomerValue) -> int:
    """Up to when an account is read."""
    return beyond(max(account.at_us, to_us(gesture.occurred_at, "occurred_at")), value)


def volatility_of(case: Counterfactual) -> float | None:
    """How much the balance has swung up to the present, without the gesture."""
    reader = case.without.reader
    now = type(reader)(reader.policy, reader.catalog, reader.home, from_us(case.from_us), reader.known_at)
    return now.readout(case.without.history.in_force, Volatility())


def cost_of(gesture: Deposit, handling: Money | None, currency: str, rates: Rates) -> float:
    """What a gesture costs in all."""
    each = [money for money in (gesture.cost, handling) if money is not None]
    negative = next((money for money in each if money.is_negative), None)
    if negative is not None:
        raise AppraisalError(f"a cost of {negative} is below 0")
    return sum(exchanged(money, currency, rates) for money in each)


class Case(NamedTuple):
    """One gesture to one account, and what turns goodwill into money."""

    account: Account
    gesture: Deposit
    case: Counterfactual
    value: CustomerValue
    link: RetentionLink
    gain: float
    cost: float

    def told(self, uncertainty: Uncertainty | None, word_of_mouth: WordOfMouth | None, rates: Rates) -> Appraisal:
        """The whole answer."""
        at_us = self.periods()
        base, lift = self.case.without.points(at_us), self.gain * self.case.lift(at_us)
        found = self.change_at(at_us, base, lift)
        expected = self.cost * self.waits(at_us, base)
        spoken = 0.0 if word_of_mouth is None else self.spoken(word_of_mouth, found.without)
        bought = self.gain * self.case.at_once
        return Appraisal(
            account=self.gesture.account,
            gesture=self.gesture,
            as_of=from_us(self.case.from_us),
            policy=self.account.book.policy.fingerprint,
            link=self.link,
            customer_value=self.value,
            cost=rounded(self.cost, self.value.currency),
            expected_cost=expected,
            bought=bought,
            left={days: float(self.gain * self.case.lift(self.after(days))[0]) for days in AFTER_DAYS},
            half_life=self.case.worth.decay.half_life,
            change=found,
            word_of_mouth=spoken,
            retention=self.path(at_us, base, lift),
            break_even=self.break_even(at_us, base, lift, found, cost=expected - spoken) if expected > spoken else None,
            chance=None if uncertainty is None else self.chance(uncertainty, at_us, base, expected - spoken),
            caveats=caveats(self.account.book.policy, self.link, self.gesture, self.is_settled(at_us, base), rates),
        )

    def periods(self) -> Instants:
        """The ends of the periods that are looked at: enough of them, that nothing moves after the last."""
        for count in looks(self.value, self.case.from_us):
            at_us = instants(self.case.from_us, self.value.period_days, count)
            if self.is_settled(at_us, self.case.without.points(at_us)):
                break
        return at_us

    def is_settled(self, at_us: Instants, base: Floats) -> bool:
        """Whether nothing that happens after the last period could be seen in the value."""
        last = at_us[-1:]
        restless = max(float(replay.restless(last)[0]) for replay in (self.case.with_it, self.case.without))
        return bool(are_settled(self.value, self.link, base, restless))

    def change_at(self, at_us: Instants, base: Floats, lift: Floats) -> Change:
        """What the lift changes."""
        lasting = np.where(at_us >= self.case.given_us, self.gain * self.case.at_once, 0.0)
        return change(self.value, self.link, base, lift, lasting)

    def waits(self, at_us: Instants, base: Floats) -> float:
        """What is left today of a cost that comes later: the discount, and whether the customer is there then.

        Who decides at the very instant sees the gesture, so it is paid before that decision.
        """
        elapsed = (self.case.given_us - self.case.from_us) / MICROSECONDS_PER_DAY / self.value.period_days
        decided = int(np.count_nonzero(at_us < self.case.given_us))
        there = float(np.prod(self.link.rate(base[:decided]))) if decided else 1.0
        return there * math.pow(self.value.keeps, elapsed)

    def after(self, days: float) -> Instants:
        """The instant so many days after the gesture."""
        us = self.case.given_us + round(days * MICROSECONDS_PER_DAY)
        return np.array([min(us, self.case.with_it.reader.at_us)], dtype=np.int64)

    def spoken(self, word_of_mouth: WordOfMouth, customer_value: float) -> float:
        """By how much more what the customer tells is worth, right after the gesture."""
        now = np.array([self.case.given_us], dtype=np.int64)
        base, lift = float(self.case.without.points(now)[0]), self.gain * self.case.at_once
        return word_of_mouth.worth(base + lift, customer_value=customer_value) - word_of_mouth.worth(
            base, customer_value=customer_value
        )

    def path(self, at_us: Instants, base: Floats, lift: Floats) -> tuple[Stay, ...]:
        """The retention path, for as long as the lift is at least a hundredth of what it was."""
        matters = np.flatnonzero(np.abs(lift) >= 0.01 * np.max(np.abs(lift)))
        count = min(int(matters[-1]) + 2 if len(matters) else 1, PATH, len(at_us))
        columns = (base, base + lift, self.link.rate(base), self.link.rate(base + lift))
        rows = zip(at_us[:count].tolist(), *(column[:count].tolist() for column in columns), strict=True)
        return tuple(Stay(from_us(us), *numbers) for us, *numbers in rows)

    def break_even(self, at_us: Instants, base: Floats, lift: Floats, found: Change, *, cost: float) -> BreakEven:
        """At what the gesture would be worth just what it costs."""
        bought = self.gain * self.case.at_once

        def excess(base: Floats, lift: Floats, link: RetentionLink | None = None) -> float:
            return change(self.value, link or self.link, base, lift, lift).exact - cost

        of_terms = self.case.lift_of_terms(at_us)
        factor = crossing(lambda k: excess(base, k * lift), 1e-3, 1e9)
        slope = crossing(lambda b: excess(base, lift, self.link.replace(slope=b)), 1e-6, 1e3)
        slower = crossing(
            lambda k: excess(base, self.gain * (self.case.faded(at_us, max(k, QUICKEST)) + of_terms)), 1e-3, 1e6
        )
        half_life = self.case.worth.decay.half_life
        until = self.until(cost, len(at_us)) if found.exact > cost else None
        return BreakEven(
            goodwill=None if factor is None else factor * bought,
            goodwill_first_order=max(cost, 0.0) / found.first_order * bought if found.first_order > 0.0 else None,
            slope=slope,
            half_life=None if slower is None or half_life is None else slower * half_life,
            until=None if until is None else until[0],
            for_ever=until is not None and until[0] is None,
        )

    def until(self, cost: float, count: int) -> tuple[datetime | None] | None:
        """Up to when what is left of the gesture is worth more than it cost; (None,) for longer than anybody looks."""

        def lacking(days: float) -> float:
            start_us = self.case.given_us + round(days * MICROSECONDS_PER_DAY)
            at_us = np.minimum(instants(start_us, self.value.period_days, count), self.case.with_it.reader.at_us)
            base, lift = self.case.without.points(at_us), self.gain * self.case.lift(at_us)
            return cost - change(self.value, self.link, base, lift, lift).exact

        if lacking(0.0) >= 0.0:  # of one that is given later, periods are counted from the present on, here from then
            return None
        days = crossing(lacking, 1.0, A_HUNDRED_YEARS)
        if days is None:
            return (None,)
        return (from_us(self.case.given_us + round(days * MICROSECONDS_PER_DAY)),)

    def chance(self, stated: Uncertainty, at_us: Instants, base: Floats, cost: float) -> Chance:
        """How sure the answer is under a stated uncertainty."""
        net = (
            drawn(stated, value=self.value, link=self.link, case=self.case, at_us=at_us, base=base, gain=self.gain)
            - cost
        )
        low, middle, high = np.quantile(net, [0.05, 0.5, 0.95]).tolist()
        currency = self.value.currency
        return Chance(
            worth_it=float(np.mean(net > 0.0)),
            low=rounded(low, currency),
            middle=rounded(middle, currency),
            high=rounded(high, currency),
            draws=stated.draws,
            stated=stated,
        )
