"""Several gestures beside one account: it is replayed once without any, and each is weighed against that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypedDict, Unpack

import numpy as np

from goodwill.appraisal.appraisal import Appraisal
from goodwill.appraisal.book import Account
from goodwill.appraisal.case import Case, case_of, furthest
from goodwill.appraisal.changing import Floats
from goodwill.appraisal.choosing.options import Option
from goodwill.appraisal.parameters import Rates, rounded
from goodwill.appraisal.replaying import Instants, Replay
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
from goodwill.appraisal.uncertainty import Uncertainty
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.money import Money

__all__ = ["Weighed", "Weighing", "weighed"]


class Weighing(TypedDict, total=False):
    """What counts when a gesture is weighed, beside value, link, rates and word of mouth; as `appraise` takes it."""

    handling: Money | None
    claim_probability: float
    volatility: VolatilityAversion | None
    norms: Norms | None
    norm: str | None


class Reread(Replay):
    """A replay that is read at the same instants for one gesture after another, and computed at each once."""

    @cached_property
    def _read(self) -> dict[bytes, Floats]:
        return {}

    def points(self, at_us: Instants) -> Floats:
        """The balance at each of these instants."""
        key = at_us.tobytes()
        if key not in self._read:
            self._read[key] = super().points(at_us)
        return self._read[key]


@dataclass(frozen=True, eq=False)
class Weighed:
    """One option at one instant, weighed against giving nothing.

    Attributes:
        option: what would be given.
        at: when.
        case: the account with it and without.
        rates, word_of_mouth: as `appraise` takes them.
    """

    option: Option
    at: datetime
    case: Case = field(repr=False)
    rates: Rates = field(repr=False)
    word_of_mouth: WordOfMouth | None = field(repr=False)

    @cached_property
    def _value_and_cost(self) -> tuple[float, float]:
        at_us = self.case.periods()
        base, lift = self.case.case.without.points(at_us), self.case.gain * self.case.case.lift(at_us)
        found = self.case.change_at(at_us, base, lift)
        told = 0.0 if self.word_of_mouth is None else self.case.spoken(self.word_of_mouth, found.without)
        return found.exact + told, self.case.cost * self.case.waits(at_us, base)

    @property
    def value(self) -> float:
        """What it adds to the customer's value as of the present, unrounded."""
        return self._value_and_cost[0]

    @property
    def net(self) -> float:
        """That, less what it costs as of the present: discounted, and only if the customer is there then."""
        value, cost = self._value_and_cost
        return value - cost

    @property
    def cost(self) -> Money:
        """What it costs when it is given."""
        return rounded(self.case.cost, self.case.value.currency)

    @cached_property
    def bought(self) -> float:
        """The points by which the balance is higher the moment that it is given."""
        return self.case.gain * self.case.case.at_once

    @cached_property
    def before(self) -> float:
        """The balance at that moment without it."""
        return float(self.case.case.without.points(np.array([self.case.case.given_us], dtype=np.int64))[0])

    def appraisal(self, uncertainty: Uncertainty | None = None) -> Appraisal:
        """All that `appraise` says of it."""
        return self.case.told(uncertainty, self.word_of_mouth, self.rates)


def weighed(
    here: Account,
    given: Iterable[tuple[Option, datetime]],
    *,
    account: str,
    value: CustomerValue,
    link: RetentionLink,
    rates: Rates | None = None,
    word_of_mouth: WordOfMouth | None = None,
    **weighing: Unpack[Weighing],
) -> Iterator[Weighed]:
    """Each option at its instant, against the same account without any."""
    gestures = [(option, at, option.gesture(account, at)) for option, at in given]
    until_us = max(furthest(here, gesture, value) for _, _, gesture in gestures)
    without = Reread.of(here.reader(until_us), [*here.facts, *here.then])
    for option, at, gesture in gestures:
        case = case_of(here, gesture, value=value, link=link, rates=rates, without=without, **weighing)
        yield Weighed(option, at, case, rates or {}, word_of_mouth)
