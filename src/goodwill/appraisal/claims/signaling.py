"""Signals on an account's claims: facts for a person to look at, with reasons, and never a verdict.

- `claims_per_exposure`: claims per purchase, with the exact interval of a Poisson rate (Garwood 1936) and the exact
  conditional test of two rates (Przyborowski & Wilenski 1940). Where it cannot tell them apart, the reason says so.
- `refunds_of_spend`: what claims cost as a share of what was spent, of each currency by itself.
- `same_claim`: claims of one kind, each within a time of the one before; beside the median longest run of the others.
- `shared_identifier`: how many other accounts say the same under a name that the caller calls an identifier.
- `actor_rate`, `actor_cost`: of each actor who conceded something to the account, the share of concessions among their
  entries (Clopper & Pearson 1934; Fisher's exact test), and their mean cost beside the median of the actors' means, in
  median absolute deviations (Iglewicz & Hoaglin 1993).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from goodwill.appraisal.appraisal import Caveat
from goodwill.appraisal.claims.actors import Desk, actor_signals
from goodwill.appraisal.claims.claims import asked, claims_of, entries_by_actor, exposures, said_of
from goodwill.appraisal.claims.habits import (
    Habits,
    claims_per_exposure,
    refunds_of_spend,
    same_claims,
    shared_identifiers,
)
from goodwill.appraisal.claims.rates import plural
from goodwill.appraisal.claims.signal import ALWAYS, Signal, Signals
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.account import ERASED
from goodwill.domain.errors import AccountErased
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.ledger.drafting import account_id
from goodwill.ledger.ledger import AccountId, Ledger

__all__ = ["signals"]

DAY: Final = timedelta(days=1)


def signals(
    book: Any,
    account: AccountId,
    *,
    as_of: datetime | None = None,
    exposure: str = "purchase",
    claims: Collection[str] | None = None,
    same: str | Sequence[str] = (),
    within: timedelta = 30 * DAY,
    identifiers: str | Sequence[str] = (),
    confidence: float = 0.95,
    least: int = 5,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Signals:
    """What there is to know of an account's claims, beside everybody else's: facts with reasons, never a verdict.

    A claim is a concession: a deposit with a cost, or one that answers a withdrawal. There is no sum of the signals and
    no threshold, since honest customers whom a firm fails often claim often. Everything is association.

    The signals are `claims_per_exposure`, `refunds_of_spend`, `same_claim`, `shared_identifier`, `actor_rate` and
    `actor_cost`: what each counts, and by which method, is said above.

    The whole book is read, so that the others can be counted: of a large store, write it as Parquet once and pass that.

    Args:
        book: a `Ledger` (which needs `goodwill[parquet]`), or a frame of one row per entry, with `account`, `type`,
            `kind`, `occurred_at` and `id`; without `magnitude`, `currency`, `cost`, `actor`, `in_response_to` and
            `reverses`, what they would say is not read.
        account: the customer's id.
        as_of: entries that happened later are not read; now, of a ledger, which has a clock. A frame has none.
        exposure: the kind of observation that is an occasion to claim; its money is what was spent.
        claims: the kinds of deposit that are claims; None: every concession.
        same: what else must be equal for two claims to be the same: columns, dimensions or attributes, such as "order"
            or "in_response_to". A claim that says nothing there is like no other.
        within: how long after one claim the next may come, to count as repeated; 30 days by convention.
        identifiers: columns, dimensions or attributes that identify a person or a place, such as "address_hash"; none
            is ever guessed. Erased customers are left out. What they say is in no result, only which entries say it.
        confidence: of intervals, and 1 minus the chance below which a difference is called one.
        least: below so many entries or claims of an actor, or so many actors, nothing is said of them; a convention.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: of a frame, the currency of money that names none.
        catalog: of a frame, whose kinds have other names today.

    Raises:
        UnknownAccount: if nothing of that account is in the book by then.
        AccountErased: for the name that stands in an erased customer's place.
        UnknownKind: for a kind that the catalog does not hold.
        AppraisalError: for a kind or a name that no entry has, a confidence, a time or a minimum that is none, a frame
            without `as_of`.
        MissingColumn, NaiveDatetime, WrongType, InvalidMagnitude, InvalidCost: as `goodwill.analytics.balances` does.

    Example:
        >>> from goodwill import Ledger, Money
        >>> ledger = Ledger.in_memory()
        >>> for number, name in enumerate(["ada", "ada", "bob", "bob"]):
        ...     _ = ledger.observe(name, "purchase", 50, currency="USD", reference=f"order:{number}")
        >>> _ = ledger.deposit("ada", "refund", cost=Money("20.00", "USD"))
        >>> rate, refunds, *_ = signals(ledger, "ada")
        >>> rate.value, rate.compared_with, rate.base
        (0.5, 0.0, 2)
        >>> rate.reason
        '1 claim in 2 purchases, others 0 in 2: too few to tell the rates apart'
        >>> refunds.about, refunds.value
        ('USD', 0.2)
    """
    check(confidence, within, least)
    name, at = whose(book, account), instant(book, as_of)
    asking = asked(book, name, at, exposure=exposure, claims=claims, columns=columns, home=home, catalog=catalog)
    everybody = claims_of(asking, several(same))
    habits = Habits.of(name, asking.exposure, everybody, exposures(asking, name))
    desk = Desk(everybody, entries_by_actor(asking), confidence, least)
    told = [
        claims_per_exposure(habits, confidence),
        *refunds_of_spend(habits),
        *same_claims(habits, within),
        *(each for said in several(identifiers) for each in shared_identifiers(habits, said, said_of(asking, said))),
        *actor_signals(habits.own, desk),
    ]
    return Signals(name, from_us(to_us(at)), tuple(told), tuple(caveats(told, confidence)))


def check(confidence: float, within: timedelta, least: int) -> None:
    """Refuse what no signal can be made with."""
    if isinstance(confidence, bool) or not isinstance(confidence, float | int) or not 0.0 < confidence < 1.0:
        raise AppraisalError(f"confidence {confidence!r} is not between 0 and 1; 0.95 is common")
    if not isinstance(within, timedelta) or within <= timedelta(0):
        raise AppraisalError(f"within {within!r} is not a timedelta above 0, such as timedelta(days=30)")
    if isinstance(least, bool) or not isinstance(least, int) or least < 2:
        raise AppraisalError(f"least {least!r} is not a whole number from 2; one alone stands among nobody")


def whose(book: Any, account: AccountId) -> str:
    """The name that answers for the customer.

    Raises:
        AccountErased: for the name that stands in an erased customer's place.
    """
    name = account_id(account)
    if name.startswith(ERASED):
        raise AccountErased(f"{name} stands for a customer who was erased; nothing is said of them")
    return book.account(name).id if isinstance(book, Ledger) else name


def instant(book: Any, as_of: datetime | None) -> datetime:
    """As of when; a ledger has a clock."""
    if as_of is not None:
        return as_of
    if isinstance(book, Ledger):
        return book.clock.now()
    raise AppraisalError("a frame has no clock; say as of when with as_of=")


def several(names: str | Sequence[str]) -> list[str]:
    """One name, or more."""
    return [names] if isinstance(names, str) else list(dict.fromkeys(names))


def caveats(told: Sequence[Signal], confidence: float) -> Iterator[Caveat]:
    """What a reader must know of these signals, those of all of them first."""
    yield from ALWAYS
    tests = sum(each.chance is not None for each in told)
    if tests:
        yield Caveat(
            "many_tests",
            f"{plural(tests, 'test')} at a confidence of {confidence:g}: where nothing differs, each still finds up to "
            f"{1.0 - confidence:.2g} of all accounts different, so who looks at many finds some",
        )
    yield from dict.fromkeys(each.caveat for each in told)
