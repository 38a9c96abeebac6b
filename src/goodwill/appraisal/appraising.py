"""Was it worth it? A gesture's cost beside what it changes in a customer's value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from goodwill.appraisal.appraisal import Appraisal
from goodwill.appraisal.book import opened, present
from goodwill.appraisal.case import case_of
from goodwill.appraisal.parameters import Rates
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
from goodwill.appraisal.uncertainty import Uncertainty
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Deposit, Entry
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy

__all__ = ["appraise"]


def appraise(
    book: Ledger | Iterable[Entry],
    gesture: Deposit,
    *,
    value: CustomerValue,
    link: RetentionLink,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Policy | None = None,
    catalog: Catalog | None = None,
    home: str | None = None,
    then: Sequence[Entry] = (),
    handling: Money | None = None,
    rates: Rates | None = None,
    uncertainty: Uncertainty | None = None,
    claim_probability: float = 1.0,
    word_of_mouth: WordOfMouth | None = None,
    volatility: VolatilityAversion | None = None,
    norms: Norms | None = None,
    norm: str | None = None,
) -> Appraisal:
    """What a gesture is worth against its cost: the account is replayed with it and without it.

    A gesture that is not recorded yet is put in; one that the ledger has is taken out, and what happened since counts,
    such as what it taught the customer to expect. From then on nothing happens but what is named in `then`: what was
    given fades, silence grows, and a promise that falls due is broken. The goodwill at the end of each period decides
    whether the customer stays for it.

    Nothing is measured here. It is what follows from the policy, the link and the value; the caveats say which of these
    are assumptions.

    Args:
        book: a ledger, or the entries of one account (of `Ledger.entries`, or not recorded yet).
        gesture: a Deposit, now or later, with its account and its cost.
        value: what a customer is worth who stays.
        link: from goodwill to staying.
        as_of: the present; the ledger's clock where none is named. Of a list, when the gesture is given.
        known_at: what was recorded later is not read.
        policy: the ledger's own where none is named; of a list `presets.default()`.
        catalog: of a list, its kinds: `presets.service_catalog()` where none is named.
        home: of a list, its home currency.
        then: what happens after the present in any case, such as an omitted gesture: a Deposit of magnitude 0.
        handling: what it costs besides, such as an agent's time.
        rates: how many units of the value's currency one unit of another buys.
        uncertainty: of the numbers; with it the answer has a `chance`.
        claim_probability: that what the gesture answers is true; a customer who was not let down is not won back, so
            the goodwill counts in this proportion. The cost is paid in full.
        word_of_mouth: adds what the customer tells others.
        volatility: lowers the probability of staying where the balance has swung.
        norms: by which factor gestures of a kind count with customers of a norm.
        norm: the customer's.

    Raises:
        AppraisalError: if something is missing or contradicts itself: mixed currencies without rates, a gesture that
            the policy has no opinion on, a sum without an end.
        InvalidEntry: or one of its kind, for a gesture that could not be recorded.

    Example:
        >>> from datetime import UTC, datetime
        >>> ledger = Ledger.in_memory()
        >>> gesture = Deposit(account="ada", kind="fee_waived", cost=Money("14.99", "USD"), occurred_at=ledger.clock.now())
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> told = appraise(ledger, gesture, value=value, link=link)
        >>> print(told.cost, told.value, told.is_worth_it)
        14.99 USD 9.75 USD False
    """
    account = opened(
        book,
        gesture.account,
        now=as_of if isinstance(book, Ledger) else as_of or gesture.occurred_at,
        known_at=known_at,
        policy=policy,
        catalog=catalog,
        home=home,
    )
    here = present(account, as_of, known_at, then)
    case = case_of(
        here,
        gesture,
        value=value,
        link=link,
        handling=handling,
        rates=rates,
        claim_probability=claim_probability,
        volatility=volatility,
        norms=norms,
        norm=norm,
    )
    return case.told(uncertainty, word_of_mouth, rates or {})
