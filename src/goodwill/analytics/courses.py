"""The courses of accounts: what each is made of, as arrays, and what it adds up to at any instant.

An entry's worth never depends on a later one, so entries are valued once, at the last instant that is asked for, and
only what is left of them is computed at each. What fades exponentially is carried on as one sum for each account and
rate: looked at once more, it costs a multiplication, however many entries it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.policies.decay import Decay
from goodwill.policies.formula import NEGLIGIBLE, flush
from goodwill.policies.term import Term

__all__ = ["NEVER", "Amounts", "Courses", "Events", "Strand"]

Array = Any  # numpy.ndarray; which numbers it holds is said where it is made

NEVER: Final = 2**62
"""In microseconds: an instant after all others."""


class Events(NamedTuple):
    """What happened to accounts: the place of each account, and when in microseconds, in the order of time."""

    accounts: Array
    at_us: Array

    @classmethod
    def of(cls, accounts: Any, at_us: Any) -> Events:
        """Events in any order."""
        accounts, at_us = np.asarray(accounts, np.int64), np.asarray(at_us, np.int64)
        order = np.argsort(at_us, kind="stable")
        return cls(accounts[order], at_us[order])

    def until(self, us: int) -> int:
        """How many happened up to an instant, and at it."""
        return int(np.searchsorted(self.at_us, us, "right"))


class Strand(NamedTuple):
    """Entries that fade alike, in the order of time.

    Attributes:
        decay: how.
        events: whose they are, and when they happened.
        worth: in points, when it happened.
        lengths: each entry's own `days` of the decay, where a calendar gave it one.
    """

    decay: Decay
    events: Events
    worth: Array
    lengths: Array | None = None

    def left(self, us: int, rows: slice) -> Array:
        """What is left of some of the entries at an instant not before any of them, in points."""
        decay = self.decay if self.lengths is None else type(self.decay).model_construct(days=self.lengths[rows])
        return self.worth[rows] * shares(decay, self.ages(us, rows))

    def ages(self, us: int, rows: slice) -> Array:
        """In days."""
        return (us - self.events.at_us[rows]) / MICROSECONDS_PER_DAY


class Amounts(NamedTuple):
    """What each account adds up to at an instant, in points, in its two parts."""

    positive: Array
    negative: Array

    def plus(self, amount: Array) -> Amounts:
        """With one amount more for each account."""
        return Amounts(self.positive + np.maximum(amount, 0.0), self.negative + np.minimum(amount, 0.0))


@dataclass(frozen=True, slots=True)
class Courses:
    """What the accounts of a frame are made of; an account is its place in these arrays.

    Attributes:
        names: the accounts.
        opened_us: when each account's first entry in force happened.
        strands: the valued entries, by their decay.
        counted: the entries that a balance counts.
        contacts: what ended a silence.
        terms: what each account has by itself.
        regimes: of each account at each of the instants for which it was gathered, where the standing has two regimes.
    """

    names: list[str]
    opened_us: Array
    strands: Sequence[Strand]
    counted: Events
    contacts: Events
    terms: Sequence[Term] = ()
    regimes: Sequence[Sequence[str]] | None = None

    def __len__(self) -> int:
        return len(self.opened_us)

    def along(self, instants: Iterable[int]) -> Iterator[Amounts]:
        """What the accounts add up to at each of these instants, which rise; terms included."""
        carried = [Carried(strand, len(self)) for strand in self.strands if strand.decay.exponential]
        others = [strand for strand in self.strands if not strand.decay.exponential]
        sums = Sums(carried, len(self))
        for us in instants:
            amounts = sums.at(us)
            for strand in others:
                amounts = Amounts(*map(np.add, amounts, parted(strand, us, strand.events.until(us), len(self))))
            for amount in self.term_amounts(us).values():
                amounts = amounts.plus(amount)
            yield amounts

    def term_amounts(self, us: int, before_us: int | None = None) -> dict[str, Array]:
        """What each account has by itself at an instant, by term; nothing before its opening.

        Args:
            us: the instant.
            before_us: what happened later is not looked at; the instant itself unless given.
        """
        seen_us = us if before_us is None else before_us
        if not self.terms:
            return {}
        is_open = self.opened_us <= seen_us
        opened = np.where(is_open, self.opened_us, us)
        last = self.last(self.contacts, seen_us)
        silent = np.where(last < -NEVER, opened, last)
        days = ((us - opened) / MICROSECONDS_PER_DAY, (us - silent) / MICROSECONDS_PER_DAY)
        return {term.tag: np.where(is_open, amounts_of(term, *days), 0.0) for term in self.terms}

    def last(self, events: Events, us: int) -> Array:
        """When the last of some events up to an instant was, by account; less than `-NEVER` without any."""
        found = np.full(len(self), -NEVER - 1, np.int64)
        seen = events.until(us)
        np.maximum.at(found, events.accounts[:seen], events.at_us[:seen])
        return found

    def count(self, us: int, since_us: int = -NEVER) -> Array:
        """How many entries each account has from one instant up to another."""
        rows = slice(self.counted.until(since_us - 1), self.counted.until(us))
        return np.bincount(self.counted.accounts[rows], minlength=len(self)).astype(np.int64)


class Carried:
    """Entries that fade exponentially, each with the cell of the sums that it belongs to: its account, and its sign."""

    def __init__(self, strand: Strand, accounts: int) -> None:
        self.strand = strand
        self.cells = strand.events.accounts + np.where(strand.worth < 0.0, accounts, 0)
        self.taken = 0

    def new(self, us: int) -> slice:
        """The entries up to an instant that were not taken before."""
        rows = slice(self.taken, self.strand.events.until(us))
        self.taken = rows.stop
        return rows


class Sums:
    """One sum for each rate, account and sign, carried from instant to instant."""

    def __init__(self, carried: Sequence[Carried], accounts: int) -> None:
        self.carried = carried
        self.accounts = accounts
        rates = {part.rate for each in carried for part in each.strand.decay.exponentials}
        self.by_rate = {rate: np.zeros(2 * accounts) for rate in sorted(rates)}
        self.at_us: int | None = None

    def at(self, us: int) -> Amounts:
        """What they come to at a later instant, with what happened until then."""
        self.fade(us)
        for each in self.carried:
            rows = each.new(us)
            ages = each.strand.ages(us, rows)
            for weight, rate in each.strand.decay.exponentials:
                left = each.strand.worth[rows] * weight * np.exp(-rate * ages)
                np.add.at(self.by_rate[rate], each.cells[rows], left)
        total = sum(self.by_rate.values(), np.zeros(2 * self.accounts))
        return Amounts(total[: self.accounts], total[self.accounts :])

    def fade(self, us: int) -> None:
        """Let time go by; what is too little to matter is 0, as the share of a decay is."""
        days = 0.0 if self.at_us is None else (us - self.at_us) / MICROSECONDS_PER_DAY
        self.at_us = us
        for rate, amounts in self.by_rate.items():
            np.multiply(amounts, math.exp(-rate * days), out=amounts)
            amounts[np.abs(amounts) < NEGLIGIBLE] = 0.0


def parted(strand: Strand, us: int, seen: int, accounts: int) -> Amounts:
    """What is left of a strand's first entries at an instant, by account."""
    left, whose = strand.left(us, slice(seen)), strand.events.accounts[:seen]
    gained = np.bincount(whose, np.maximum(left, 0.0), minlength=accounts)
    return Amounts(gained, np.bincount(whose, np.minimum(left, 0.0), minlength=accounts))


def shares(decay: Decay, ages: Array) -> Array:
    """The share that remains at each age in days; one by one where the decay has no formula for arrays."""
    if "numpy" in decay.runs_on:
        return flush(decay.remaining(ages)) * np.ones_like(ages)
    return np.array([decay.share(age) for age in ages.tolist()])


def amounts_of(term: Term, open_days: Array, silent_days: Array) -> Array:
    """A term's amount for each account."""
    if "numpy" in term.runs_on:
        return term.amount(open_days, silent_days) * np.ones_like(open_days)
    return np.array([term.amount(*days) for days in zip(open_days.tolist(), silent_days.tolist(), strict=True)])
