"""Balances by NumPy arrays: for frames whose library has no quick expressions, and for steps that have a state.

A policy's formulas run on arrays as they run on everything else; a text is looked up by its number. A step with a
state is a number that fades and grows through the account's entries (`goodwill.analytics.running`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.coding import Codes, coded, places
from goodwill.analytics.running import Turns, faded, running, turns
from goodwill.analytics.schema import LINK_COLUMNS
from goodwill.analytics.valuing import ANYONE, MICROSECONDS_A_DAY, age, price_of, shares, summed
from goodwill.policies.formula import Operand, exp, maximum, minimum
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Columns, FoldedStep, RecoveryStep, Step
from goodwill.valuations import DoubleDeviation, Expectation, Habituation, RateCard

__all__ = ["STATES", "Rows", "Valued"]

PIECE: Final = 1 << 18
"""So many rows are valued at once: what they need stays in the processor's cache."""


class Rows:
    """The rows of a frame in memory, as arrays.

    Args:
        frame: under our names, every row with an account and an instant.
        at_us: rows that happened later are not in force; in microseconds since the epoch.
        known_us: nor are those recorded later, where it is given.
        unmixed: whether every row is known to be a deposit or a withdrawal.
    """

    def __init__(self, frame: nw.DataFrame[Any], at_us: int, known_us: int | None, *, unmixed: bool = False) -> None:
        self.frame = frame
        self.at_us = at_us
        self.unmixed = unmixed
        self.occurred_us = self._whole("occurred_us")
        self.in_force = self.occurred_us <= at_us
        if known_us is not None:
            self.in_force &= self._whole("recorded_us") <= known_us

    def __len__(self) -> int:
        return len(self.occurred_us)

    @cached_property
    def numbered(self) -> tuple[Any, nw.Series[Any]]:
        """Of each row the number of its account, and the accounts."""
        return coded(self.frame["account"])

    @property
    def account(self) -> Any:
        """Of each row the number of its account."""
        return self.numbered[0]

    @cached_property
    def columns(self) -> frozenset[str]:
        """What the frame has."""
        return frozenset(self.frame.columns)

    @cached_property
    def kind(self) -> Codes:
        """The kinds."""
        return self.texts("kind")

    @cached_property
    def is_deposit(self) -> Any:
        """Which rows are deposits in force."""
        return self.are("deposit")

    @cached_property
    def is_withdrawal(self) -> Any:
        """Which rows are withdrawals in force."""
        return self.in_force & ~self.is_deposit if self.unmixed else self.are("withdrawal")

    @cached_property
    def moves(self) -> Any:
        """Which rows may move goodwill."""
        return self.in_force if self.unmixed else self.is_deposit | self.is_withdrawal

    def are(self, kind: str) -> Any:
        """Which rows are of a type, and in force."""
        return np.asarray((self.frame["type"] == kind).fill_null(value=False).to_numpy(), bool) & self.in_force

    def texts(self, name: str) -> Codes:
        """A column of texts."""
        found, names = coded(self.frame[name])
        small = found.astype(np.int16 if len(names) < 2**15 else np.int64, copy=False)
        return Codes(small, names.to_list())

    def numbers(self, name: str) -> Operand:
        """A column of sizes; 1 where nobody said, or nobody could."""
        if name not in self.columns:
            return 1.0
        found = np.asarray(self.frame[name].to_numpy(), np.float64)
        nothing = np.isnan(found)
        return np.where(nothing, 1.0, found) if nothing.any() else found

    def order(self, groups: Any, rows: Any) -> Turns:
        """The order in which a policy reads some rows, as `goodwill.domain.history.fold_order` has it, by group."""
        at_us, linked = self.occurred_us[rows], self._is_linked(rows)
        found = turns(groups, at_us, linked)
        keys = (each[found.rows] for each in (groups, at_us, linked))
        alike = np.logical_and.reduce([each[1:] == each[:-1] for each in keys])
        if not alike.any():
            return found
        tied = np.unique(np.concatenate([found.rows[1:][alike], found.rows[:-1][alike]]))
        named, seq = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        named[tied], seq[tied] = self._by_reference(rows[tied]), self._seq(rows[tied])
        return turns(groups, at_us, linked, named, seq)

    def _is_linked(self, rows: Any) -> Any:
        if "in_response_to" not in self.columns:
            return np.zeros(len(rows), bool)
        return ~np.asarray(self.frame["in_response_to"][rows].is_null().to_numpy(), bool)

    def _by_reference(self, rows: Any) -> Any:
        """The place of each row's reference among them, by its bytes; the last where it has none."""
        if "reference" not in self.columns:
            return 0
        named, names = coded(self.frame["reference"][rows])
        place = np.empty(len(names) + 1, np.int64)
        place[np.argsort(np.array([str(name).encode() for name in names.to_list()], object))] = np.arange(len(names))
        place[-1] = len(names)
        return place[named]

    def _seq(self, rows: Any) -> Any:
        if "seq" not in self.columns:
            return rows
        return np.asarray(self.frame["seq"][rows].to_numpy(), np.float64).astype(np.int64)

    def _whole(self, name: str) -> Any:
        return np.asarray(self.frame[name].to_numpy(), np.int64)


class Valued:
    """What rows are worth under a policy, as arrays; what is not in force is worth nothing.

    Args:
        rows: of a frame.
        policy: one without a step that no array can say (`goodwill.analytics.planning`).
        home: the currency that a point is measured in.

    Attributes:
        is_valued: whether the policy has an opinion.
        plain: in points, after sincerity.
        worth: in points, when it happened; 0 without an opinion.
        share: what remains of it, in [0, 1].
    """

    def __init__(self, rows: Rows, policy: Policy, home: str | None) -> None:
        self.rows = rows
        self.policy = policy
        self.columns = self._columns(home)
        self.is_valued = self._is_valued(home)
        folded = policy.valuation.scope != "per_entry"
        self.worth, self.share = np.empty(len(rows)), np.empty(len(rows))
        self.plain = np.empty(len(rows)) if folded else self.worth
        # Steps after one with a state wait for it: pieces end where a state begins.
        before, after = split(policy.valuation.from_expectation)
        for part in pieces(len(rows)):
            self._value(part, before)
        for step, later in after:
            self.worth = STATES[type(step)](step, self)
            for part in pieces(len(rows)):
                self.worth[part] = applied(later, self.worth[part], self._part(part))
        if after:
            self.worth[~self.is_valued] = 0.0
        if policy.valuation.recovery is not None and set(LINK_COLUMNS) <= rows.columns:
            recover(self, policy.valuation.recovery)

    def _columns(self, home: str | None) -> Columns:
        rows = self.rows
        return Columns(
            kind=rows.kind,
            sign=rows.is_deposit,  # a piece makes numbers of it
            magnitude=rows.numbers("magnitude"),
            exchange=self._exchange(home),
            sincerity=rows.numbers("sincerity"),
            severity=rows.numbers("severity"),
        )

    @cached_property
    def currency(self) -> Codes | None:
        """The currencies, where there are any."""
        return self.rows.texts("currency") if "currency" in self.rows.columns else None

    def _exchange(self, home: str | None) -> Operand:
        """How many units of the policy's currency one unit of the magnitude buys; 1 where it is no money."""
        known = {**self.policy.rates, **({home: 1.0} if home else {})}
        return 1.0 if self.currency is None else self.currency.choose(known, 1.0)

    def _is_valued(self, home: str | None) -> Any:
        """Whether a row has a worth: a kind with a rate, and a currency with one where the rate reads it."""
        card = self.policy.valuation.steps[0]
        if not isinstance(card, RateCard):  # the one shipped step of its stage
            raise TypeError(f"the worths of {card.tag} are not looked up by kind")
        kind, currency = self.rows.kind, self.currency
        rated = kind.among(card.rates.keys()) & self.rows.moves
        price = np.broadcast_to(kind.choose(price_of(card), 0.0), rated.shape)
        if currency is None:
            return rated & (price < 2.0)
        priced = currency.among({*self.policy.rates, *([home] if home else [])})
        return rated & ((price == 0.0) | priced | ((currency.places < 0) & (price == 1.0)))

    def _part(self, part: slice) -> Columns:
        """The columns of a piece."""
        columns = Columns(*(each if isinstance(each, float) else each[part] for each in self.columns))
        return columns._replace(sign=np.where(columns.sign, 1.0, -1.0))

    def _value(self, part: slice, steps: tuple[Step, ...]) -> None:
        columns, valued = self._part(part), self.is_valued[part]
        worth: Any = None
        for step in self.policy.valuation.before_expectation:
            worth = step.apply(worth, columns)
        self.plain[part] = np.where(valued, summed(worth), 0.0)
        self.worth[part] = np.where(valued, applied(steps, self.plain[part], columns), 0.0)
        days = age(self.rows.at_us, self.rows.occurred_us[part])
        self.share[part] = shares(self.policy, columns.kind, days, sign=columns.sign, severity=columns.severity)


def split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], list[tuple[FoldedStep, tuple[Step, ...]]]]:
    """The steps before the first with a state, and each of these with those up to the next; recoveries stand apart."""
    runs: list[tuple[Any, list[Step]]] = [(None, [])]
    for step in steps:
        if isinstance(step, FoldedStep):
            runs.append((step, []))
        elif not isinstance(step, RecoveryStep):
            runs[-1][1].append(step)
    return tuple(runs[0][1]), [(step, tuple(later)) for step, later in runs[1:]]


def applied(steps: tuple[Step, ...], worth: Any, columns: Columns) -> Any:
    """A worth after some formulas."""
    for step in steps:
        worth = step.apply(worth, columns)
    return worth


def pieces(length: int) -> Iterator[slice]:
    """Slices of so many rows at most."""
    return (slice(start, start + PIECE) for start in range(0, length, PIECE))


# Steps with a state


def expected(step: Expectation, valued: Valued) -> Any:
    """The worth beyond what was expected, as `Expectation` has it."""
    rows, is_of = valued.rows, valued.rows.is_deposit
    covered = np.flatnonzero(valued.is_valued & (is_of if step.kinds is None else rows.kind.among(step.kinds)))
    grows = step.rate * valued.plain[covered]
    learned = remembered(valued, covered, grows, keeps=1.0 - step.rate, half_life=step.half_life)
    return changed(valued.worth, covered, valued.worth[covered] - step.kappa * learned)


def habituated(step: Habituation, valued: Valued) -> Any:
    """The worth of what wears out, as `Habituation` has it."""
    rows, is_of = valued.rows, valued.is_valued & valued.rows.is_deposit
    covered = np.flatnonzero(is_of if step.kinds is None else is_of & rows.kind.among(step.kinds))
    size = np.broadcast_to(valued.columns.magnitude, len(rows))[covered]
    count = remembered(valued, covered, np.where(size > 0.0, 1.0, 0.0), keeps=1.0, half_life=step.half_life)
    return changed(valued.worth, covered, valued.worth[covered] * exp(-minimum(step.eta * count, 700.0)))


def doubly_deviated(step: DoubleDeviation, valued: Valued) -> Any:
    """The worth of a failure after failures, as `DoubleDeviation` has it."""
    failures = np.flatnonzero(valued.is_valued & valued.rows.is_withdrawal & (valued.worth < 0.0))
    order = valued.rows.order(valued.rows.account[failures], failures)
    at_us = valued.rows.occurred_us[failures]
    count = faded(at_us, np.ones(len(failures)), order, keeps=1.0, half_life=step.half_life)
    return changed(valued.worth, failures, valued.worth[failures] * (1.0 + step.kappa * count))


STATES: Final[dict[type[Step], Any]] = {
    Expectation: expected, Habituation: habituated, DoubleDeviation: doubly_deviated,
}  # fmt: skip
"""The steps with a state that arrays can say, and how."""


def remembered(valued: Valued, covered: Any, grows: Any, *, keeps: float, half_life: float | None) -> Any:
    """What an account remembers of each covered row's kind, just before it."""
    rows = valued.rows
    groups = rows.account[covered].astype(np.int64) * (len(rows.kind.names) + 1) + rows.kind.places[covered]
    return faded(rows.occurred_us[covered], grows, rows.order(groups, covered), keeps=keeps, half_life=half_life)


def changed(values: Any, rows: Any, to: Any) -> Any:
    """Values, those of some rows changed."""
    values[rows] = to
    return values


# Deposits that answer a withdrawal


def recover(valued: Valued, recovery: RecoveryStep) -> None:
    """Give answers whose link is in force the worth of what they add to what was given back before them."""
    rows = valued.rows
    linked = ~np.asarray(rows.frame["in_response_to"].is_null().to_numpy(), bool)
    answers = np.flatnonzero(linked & rows.is_deposit & valued.is_valued)
    answers, failures = answered(valued, answers)
    if not len(answers):
        return
    lost, plain, at_us = valued.worth[failures], valued.plain, rows.occurred_us
    days = (at_us[answers] - at_us[failures]) / MICROSECONDS_A_DAY
    offered = recovery.compensation(plain[answers], plain[failures], days, ANYONE, ANYONE)
    order = rows.order(failures, answers)
    offered = running(np.add, offered, order)
    severity = valued.columns.severity
    severity = severity if isinstance(severity, float) else severity[failures]
    kinds: Any = rows.kind[failures]
    remains = shares(valued.policy, kinds, days, sign=-1.0, severity=severity)
    given = running(np.maximum, maximum(recovery.returned(offered, -lost, remains, kinds), 0.0), order)
    sorted_given = given[order.rows]
    before = np.r_[0.0, sorted_given[:-1]]
    before[order.starts] = 0.0
    worth = np.empty(len(answers))
    worth[order.rows] = sorted_given - before
    valued.worth[answers] = worth


def answered(valued: Valued, answers: Any) -> tuple[Any, Any]:
    """The answers whose link is in force, and of each the row of its failure: by id, or else by reference."""
    rows = valued.rows
    link, links = coded(rows.frame["in_response_to"][answers])
    lost = np.flatnonzero(rows.is_withdrawal & (valued.worth < 0.0) & (valued.plain != 0.0))
    found = np.full(len(answers), -1)
    for name in ("reference", "id") if len(answers) else ():
        names = rows.frame[name][lost]
        if names.null_count() == len(names):
            continue
        place = places(names, links)
        named = np.flatnonzero(place >= 0)
        row = own(rows.frame["account"], answers, link, lost[named], place[named])
        found = np.where(row >= 0, row, found)
    in_force = found >= 0
    in_force[in_force] = rows.occurred_us[found[in_force]] <= rows.occurred_us[answers[in_force]]
    return answers[in_force], found[in_force]


def own(accounts: nw.Series[Any], answers: Any, link: Any, lost: Any, place: Any) -> Any:
    """Of each answer the failure of its account that its link names; -1 where there is none.

    Args:
        accounts: of each row.
        answers: the rows that answer.
        link: of each the number of the text that names a failure.
        lost: the rows that failed.
        place: of each the number of its text among those of the links.
    """
    at = np.full(link.max() + 1, -1)
    at[place] = np.arange(len(lost))
    if np.count_nonzero(at >= 0) == len(lost):  # each text names one row at most, whose account is to be looked at
        found = at[link]
        is_there = found >= 0
        # Out of order among a few, since PyArrow takes long to find rows out of order among many.
        same = accounts[answers[is_there]] == accounts[lost][found[is_there]]
        found[is_there] = np.where(np.asarray(same.to_numpy(), bool), lost[found[is_there]], -1)
        return found
    account = coded(accounts[np.concatenate([answers, lost])])[0].astype(np.int64)
    wanted, keys = (whose * len(at) + text for whose, text in (
        (account[: len(answers)], link), (account[len(answers) :], place),
    ))  # fmt: skip
    order = np.argsort(keys, kind="stable")
    nearest = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order][nearest] == wanted, lost[order[nearest]], -1)
