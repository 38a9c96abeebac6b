"""From a frame to the courses of its accounts: by expressions or arrays where they can say a policy, else by the fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, Final, NamedTuple, Unpack

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.arrays import Rows
from goodwill.analytics.arrays import Valued as ValuedRows
from goodwill.analytics.coding import coded
from goodwill.analytics.courses import NEVER, Courses, Events, Strand
from goodwill.analytics.engine import engine_of
from goodwill.analytics.expressing import READ
from goodwill.analytics.folding import facts_by_account
from goodwill.analytics.linking import linked
from goodwill.analytics.planning import summing
from goodwill.analytics.reading import Asking, accounts_apart, collected, in_buckets, prepared, rows_of
from goodwill.analytics.schema import Frame
from goodwill.analytics.summing import contacts, unreversed
from goodwill.analytics.valuing import chosen, given, in_force, worths
from goodwill.domain.history import History, require_kept
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.ledger.reading import ENDS_SILENCE, Reader
from goodwill.policies.decay import Decay
from goodwill.policies.fold import Valued
from goodwill.policies.policy import Policy

__all__ = ["Asked", "asked", "gathered"]


class Asked(NamedTuple):
    """A frame to be read, and how.

    Attributes:
        frame: under our names; without the rows that have no account.
        policy: as it is read.
        home: the currency that a point is measured in; None where no money is there.
        catalog: whose kinds end a silence, if anybody's.
        known_at: what was recorded later is not read; None reads all.
    """

    frame: Frame
    policy: Policy
    home: str | None
    catalog: Catalog | None
    known_at: datetime | None

    @property
    def known_us(self) -> int | None:
        """In microseconds."""
        return None if self.known_at is None else to_us(self.known_at, "known_at")

    def reader(self, us: int) -> Reader:
        """Who reads accounts one by one, as of an instant."""
        return Reader(self.policy, self.catalog or Catalog(()), self.home or "USD", from_us(us), self.known_at)

    def of(self, accounts: Frame) -> Asked:
        """The same of some accounts alone."""
        return self._replace(frame=self.frame.join(accounts, on="account", how="semi"))

    def without(self, accounts: Frame) -> Asked:
        """The same of all others."""
        return self._replace(frame=self.frame.join(accounts, on="account", how="anti"))


def asked(frame: Any, policy: Policy, **asking: Unpack[Asking]) -> Asked:
    """What a caller asked of a frame; raises what `prepared` does."""
    ours, opinion, own, _ = prepared(frame, policy, **asking)
    # PyArrow joins no text to large text, and a kind is looked up in a table of text.
    texts = [name for name in ("account", "kind", "currency") if name in ours.columns]
    ours = ours.with_columns(nw.col(*texts).cast(nw.String))
    return Asked(ours, opinion, own, asking["catalog"], asking["known_at"])


def gathered(asking: Asked, instants: Sequence[int]) -> Courses:
    """What the accounts are made of up to the last of some instants, each account once.

    Raises:
        Purged: if facts from before the first instant are needed and no longer there.
    """
    engine = summing(asking.policy, asking.frame).engine
    if engine == "fold":
        return by_fold(asking, instants)
    valued = by_arrays if engine == "arrays" else by_rows
    apart = accounts_apart(asking.frame)
    if apart is None:
        return valued(asking, instants[-1])
    return joined(valued(asking.without(apart), instants[-1]), by_fold(asking.of(apart), instants))


class Entries(NamedTuple):
    """What happened to accounts, as arrays over rows in force.

    Attributes:
        accounts: whose each row is.
        occurred_us: when, in microseconds since the epoch.
        worth: in points, when it happened.
        decay: the number of the decay that it has.
        is_counted: whether it may move goodwill.
        is_contact: whether it ends a silence.
    """

    accounts: nw.Series[Any]
    occurred_us: Any
    worth: Any
    decay: Any
    is_counted: Any
    is_contact: Any

    def courses(self, policy: Policy) -> Courses:
        """The same as courses, whose accounts are in the order of their names."""
        account, found = coded(self.accounts)
        names = found.alias("account").to_frame().with_row_index("place").sort("account")
        rank = np.empty(len(names), np.int64)
        rank[names["place"].to_numpy()] = np.arange(len(names))
        order = np.argsort(self.occurred_us, kind="stable")
        happened = Events(rank[account][order], self.occurred_us[order].astype(np.int64))
        worth, decay = self.worth[order], self.decay[order]
        opened_us = np.full(len(names), NEVER, np.int64)
        np.minimum.at(opened_us, happened.accounts, happened.at_us)
        counted, contacts = (some(happened, mask[order]) for mask in (self.is_counted, self.is_contact))
        fading = enumerate(dict.fromkeys(policy.decay.decays))
        masks = ((each, (decay == number) & (worth != 0.0)) for number, each in fading)
        strands = [Strand(each, some(happened, mask), worth[mask]) for each, mask in masks]
        return Courses(names["account"].to_list(), opened_us, strands, counted, contacts, policy.terms)


def some(events: Events, mask: Any) -> Events:
    """The events of a mask."""
    return Events(events.accounts[mask], events.at_us[mask])


def numbered(policy: Policy) -> dict[Decay, float]:
    """The number that each decay of a policy has."""
    return {decay: float(number) for number, decay in enumerate(dict.fromkeys(policy.decay.decays))}


# By expressions


def by_rows(asking: Asked, until_us: int) -> Courses:
    """The courses of accounts whose entries the frame's engine values."""
    rows = collected(valued_rows(asking, until_us))
    numbers = (np.asarray(rows[name].to_numpy()) for name in ("occurred_us", "worth", "decay"))
    masks = (np.asarray(rows[name].to_numpy(), bool) for name in ("is_counted", "is_contact"))
    return Entries(rows["account"], *numbers, *masks).courses(asking.policy)


def valued_rows(asking: Asked, until_us: int) -> Frame:
    """The rows in force with their worth, and the number of the decay that each has."""
    frame, policy = asking.frame, asking.policy
    there = frozenset(frame.columns)
    engine = engine_of(frame)
    formulas = worths(policy, engine, asking.home, there)
    severity = given("severity", engine, there)
    decay = chosen(policy.decay, formulas.kinds, numbered(policy), sign=engine.column("sign"), severity=severity)

    def valued(rows: Frame) -> Frame:
        return engine.with_columns(formulas.computed(rows), decay=decay)

    rows = linked(in_force(frame, until_us, asking.known_us), valued, policy, there)
    counts = nw.col("type").is_in(sorted(ENDS_SILENCE))
    contacts = [kind.name for kind in (asking.catalog or {}).values() if kind.contact]
    talks = (nw.col("type") == "observation") & nw.col("kind").is_in(contacts) if contacts else nw.lit(value=False)
    return rows.select(
        "account", "occurred_us", "worth", nw.col("decay").fill_null(0.0),
        is_counted=counts.fill_null(value=False), is_contact=(counts | talks).fill_null(value=False),
    )  # fmt: skip


# By arrays


def by_arrays(asking: Asked, until_us: int) -> Courses:
    """The courses of accounts whose entries are valued by arrays, as those of `goodwill.analytics.summing` are."""
    rows = asking.frame.select(name for name in READ if name in asking.frame.columns)
    return reduce(joined, (of_arrays(collected(some), asking, until_us) for some in in_buckets(rows)))


def of_arrays(frame: nw.DataFrame[Any], asking: Asked, until_us: int) -> Courses:
    """The courses of the accounts of a frame in memory."""
    policy = asking.policy
    rows = Rows(unreversed(frame, until_us, asking.known_us), until_us, asking.known_us)
    sign = np.where(rows.is_deposit, 1.0, -1.0)
    decay = chosen(policy.decay, rows.kind, numbered(policy), sign=sign, severity=rows.numbers("severity"))
    each = (
        rows.occurred_us, ValuedRows(rows, policy, asking.home).worth, np.broadcast_to(decay, len(rows)), rows.moves,
        rows.moves | contacts(rows, asking.catalog),
    )  # fmt: skip
    there = np.flatnonzero(rows.in_force)
    return Entries(rows.frame["account"][there], *(one[there] for one in each)).courses(policy)


# By the fold


class Gathering:
    """Courses in the making, account by account."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.opened_us: list[int] = []
        self.strands: dict[Decay, list[tuple[int, int, float]]] = {}
        self.counted: list[tuple[int, int]] = []
        self.contacts: list[tuple[int, int]] = []
        self.regimes: list[list[str]] = []

    def take(self, account: str, reader: Reader, history: History, valued: Sequence[Valued]) -> None:
        """Take one account."""
        place = len(self.names)
        self.names.append(account)
        self.opened_us.append(min(fact.occurred_us for fact in history.in_force))
        seen = set()
        for entry in valued:
            fact = entry.fact
            if entry.worth:
                self.strands.setdefault(entry.decay, []).append((place, fact.occurred_us, entry.worth))
            if fact.type != "breach" and fact.id not in seen:  # the two parts of an opening are one entry
                seen.add(fact.id)
                self.counted.append((place, fact.occurred_us))
        self.contacts += ((place, fact.occurred_us) for fact in history.in_force if reader.is_contact(fact))

    def courses(self, policy: Policy) -> Courses:
        """All that was taken."""
        return Courses(
            self.names,
            np.array(self.opened_us, np.int64),
            list(strands_of(self.strands)),
            Events.of(*columns_of(self.counted, 2)),
            Events.of(*columns_of(self.contacts, 2)),
            policy.terms,
            None if policy.standing.hysteresis is None else self.regimes,
        )


def by_fold(asking: Asked, instants: Sequence[int]) -> Courses:
    """The courses of accounts that the ledger's own reader values, one by one."""
    reader = asking.reader(instants[-1])
    found = Gathering()
    for account, facts in facts_by_account(rows_of(asking.frame)).items():
        require_kept(facts, instants[0], asking.known_us)
        history, valued = reader.valued(facts)
        if not history.in_force:
            continue  # balances has no row for it either
        found.take(account, reader, history, valued)
        if asking.policy.standing.hysteresis is not None:
            found.regimes.append(list(regimes(reader, history, valued, instants)))
    return found.courses(asking.policy)


def regimes(reader: Reader, history: History, valued: Sequence[Valued], instants: Sequence[int]) -> Iterator[str]:
    """The regime after what happened up to each instant; it changes with entries alone."""
    found: dict[int, str] = {}
    for us in instants:
        seen = sum(entry.fact.occurred_us <= us for entry in valued)
        if seen not in found:
            found[seen] = reader.standing(0.0, history, valued[:seen])
        yield found[seen]


ONE_LENGTH: Final = {"days"}
"""What decays have as their only parameter that can be computed together, each with its own."""


def strands_of(found: Mapping[Decay, Sequence[tuple[int, int, float]]]) -> Iterator[Strand]:
    """Entries by their decay; those to which a calendar gave lengths of their own are computed together."""
    alike: dict[type[Decay], list[tuple[int, int, float, float]]] = {}
    for decay, rows in found.items():
        if not decay.exponential and set(type(decay).model_fields) == ONE_LENGTH and "numpy" in decay.runs_on:
            length = float(decay.days)  # type: ignore[attr-defined] # its one field is `days`
            alike.setdefault(type(decay), []).extend((*row, length) for row in rows)
        else:
            yield strand(decay, *columns_of(rows, 3))
    for kind, measured in alike.items():
        yield strand(kind.model_construct(), *columns_of(measured, 4))


def strand(decay: Decay, accounts: Any, at_us: Any, worth: Any, lengths: Any = None) -> Strand:
    """Entries in any order."""
    order = np.argsort(at_us, kind="stable")
    own = None if lengths is None else np.array(lengths, np.float64)[order]
    return Strand(decay, Events.of(accounts, at_us), np.array(worth, np.float64)[order], own)


def columns_of(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    """Rows as columns."""
    return list(zip(*rows, strict=True)) or [() for _ in range(width)]


# Both


def joined(one: Courses, other: Courses) -> Courses:
    """The courses of two sets of accounts as one."""
    count = len(one)
    moved = [each._replace(events=later(each.events, count)) for each in other.strands]
    return Courses(
        [*one.names, *other.names],
        np.concatenate([one.opened_us, other.opened_us]),
        [*one.strands, *moved],
        Events.of(*map(np.concatenate, zip(one.counted, later(other.counted, count), strict=True))),
        Events.of(*map(np.concatenate, zip(one.contacts, later(other.contacts, count), strict=True))),
        one.terms,
    )


def later(events: Events, by: int) -> Events:
    """The events of accounts whose places are so many further on."""
    return events._replace(accounts=events.accounts + by)
