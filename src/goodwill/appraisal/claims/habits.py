"""What an account's own claims amount to, beside everybody else's: rates, money, repetitions, shared identifiers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from math import fsum
from statistics import median
from typing import NamedTuple, Self, TypeVar

from goodwill.appraisal.claims.claims import Claim, Exposures, Purchase, Said, Spent
from goodwill.appraisal.claims.rates import Count, as_rates, plural
from goodwill.appraisal.claims.signal import Signal

__all__ = ["Habits", "claims_per_exposure", "refunds_of_spend", "same_claims", "shared_identifiers"]

MICROSECOND = timedelta(microseconds=1)
MOST_NAMED = 5


class Habits(NamedTuple):
    """Everybody's claims and purchases, seen from one account.

    Attributes:
        account: the one.
        exposure: the kind of observation that is an occasion to claim.
        own, others: its claims and everybody else's, in the order in which they happened.
        purchases: the exposures of both.
    """

    account: str
    exposure: str
    own: Sequence[Claim]
    others: Sequence[Claim]
    purchases: Exposures

    @classmethod
    def of(cls, account: str, exposure: str, claims: Sequence[Claim], purchases: Exposures) -> Self:
        """Everybody's, parted."""
        own = [each for each in claims if each.account == account]
        return cls(account, exposure, own, [each for each in claims if each.account != account], purchases)


def ids_of(*parts: Iterable[Claim | Purchase | Said]) -> tuple[str, ...]:
    """The entries that they are, each once."""
    return tuple(dict.fromkeys(each.id for part in parts for each in part))


def claims_per_exposure(habits: Habits, confidence: float) -> Signal:
    """How often the account claims for each occasion to."""
    own = Count(len(habits.own), len(habits.purchases.own))
    others = Count(len(habits.others), habits.purchases.counted)
    beside = as_rates(own, others, confidence)
    counted = f"{plural(own.counted, 'claim')} in {plural(own.of, habits.exposure)}, others {others.counted:,} in {others.of:,}"
    return Signal(
        "claims_per_exposure", habits.exposure, own.rate, others.rate, own.of, f"{counted}: {beside.words}",
        interval=beside.interval, chance=beside.chance, entries=ids_of(habits.own, habits.purchases.own),
    )  # fmt: skip


# Money


def refunds_of_spend(habits: Habits) -> Iterator[Signal]:
    """What claims cost as a share of what was spent; currencies are never added up."""
    everything: list[Claim | Purchase] = [*habits.own, *habits.purchases.own]
    own = [each for each in everything if each.amount is not None]
    for currency in sorted({each.currency for each in own if each.currency is not None}):
        yield refunds_in(habits, currency)
    nameless = [each for each in own if each.currency is None]
    if nameless:
        reason = (
            f"{plural(len(nameless), 'amount')} without a currency, which nothing is compared with; say it with home="
        )
        yield Signal("refunds_of_spend", "", None, None, len(nameless), reason, entries=ids_of(nameless))


def refunds_in(habits: Habits, currency: str) -> Signal:
    """The share in one currency."""
    claims, bought = of_currency(habits.own, currency), of_currency(habits.purchases.own, currency)
    refunded, spent = total(claims), total(bought)
    others = of_currency(habits.purchases.others, currency)
    usual = share(
        total(of_currency(habits.others, currency)), fsum(float(each.amount or 0) * each.times for each in others)
    )
    reason = f"{refunded:,.2f} {currency} of {spent:,.2f} spent in {plural(len(bought), habits.exposure)}"
    entries = ids_of(claims, bought)
    return Signal("refunds_of_spend", currency, share(refunded, spent), usual, len(bought), reason, entries=entries)


M = TypeVar("M", Claim, Purchase, Spent)


def of_currency(rows: Sequence[M], currency: str) -> list[M]:
    """Those with money of a currency."""
    return [each for each in rows if each.currency == currency and each.amount is not None]


def total(rows: Sequence[Claim] | Sequence[Purchase]) -> float:
    """Their money, of one currency."""
    return fsum(float(each.amount or 0) for each in rows)


def share(part: float, whole: float) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole > 0 else None


# Repetitions


def same_claims(habits: Habits, span: timedelta) -> list[Signal]:
    """The claims that were repeated, each within a time of the one before; one that says so if none was."""
    own, days = habits.own, f"{span / timedelta(days=1):g} days"
    longest = longest_runs(habits.others, span)
    usual = float(median(longest)) if longest else None
    beside = f"the median longest run of {plural(len(longest), 'other account')} with claims is {usual or 0:g}"
    found = [run for run in runs_of(own, span) if len(run) > 1]
    if not found:
        reason = f"no claim in {len(own):,} came within {days} of one that is the same; {beside}"
        return [Signal("same_claim", "", float(bool(own)), usual, len(own), reason, entries=ids_of(own))]
    return [
        Signal(
            "same_claim", run[0].kind, float(len(run)), usual, len(own),
            f"{len(run)} in {plural(len(own), 'claim')} are the same, each within {days} of the one before; {beside}",
            entries=ids_of(run),
        )
        for run in found
    ]  # fmt: skip


def runs_of(claims: Sequence[Claim], span: timedelta) -> list[list[Claim]]:
    """Claims of one account that are the same, each within a time of the one before; in the order of their starts."""
    alike: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for place, claim in enumerate(claims):
        silent = any(value is None for value in claim.said.values())
        alike[claim.kind, *claim.said.values(), place if silent else -1].append(claim)
    us = span // MICROSECOND
    runs: list[list[Claim]] = []
    for group in alike.values():
        runs.append(group[:1])
        for before, claim in pairwise(group):
            if claim.occurred_us - before.occurred_us <= us:
                runs[-1].append(claim)
            else:
                runs.append([claim])
    return sorted(runs, key=lambda run: (run[0].occurred_us, run[0].id))


def longest_runs(claims: Sequence[Claim], span: timedelta) -> list[int]:
    """Of each account that has claims, how long its longest run is."""
    by_account: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_account[claim.account].append(claim)
    return [max(map(len, runs_of(each, span))) for each in by_account.values()]


# Identifiers


def shared_identifiers(habits: Habits, name: str, said: Sequence[Said]) -> list[Signal]:
    """How many other accounts say what the account says under a name; what that is, is not told."""
    alike: dict[str, list[Said]] = defaultdict(list)
    for each in said:
        alike[each.value].append(each)
    who = {value: {each.account for each in those} for value, those in alike.items()}
    accounts = len({each.account for each in said})
    own = sorted(value for value, names in who.items() if habits.account in names)
    if not own:
        reason = f"no entry of the account says it; {plural(accounts, 'account')} do"
        return [Signal("shared_identifier", name, None, None, accounts, reason)]
    sharing = sum(len(names) - 1 for names in who.values())
    return [
        Signal(
            "shared_identifier", name, float(len(who[value]) - 1),
            (sharing - len(who[value]) + 1) / (len(who) - 1) if len(who) > 1 else None,
            accounts, who_shares(who[value] - {habits.account}), entries=ids_of(alike[value]),
        )
        for value in own
    ]  # fmt: skip


def who_shares(others: set[str]) -> str:
    """Which other accounts say a value, in words."""
    named = ", ".join(sorted(others)[:MOST_NAMED]) + (", ..." if len(others) > MOST_NAMED else "")
    return f"also of {named}" if others else "of no other account"
