"""What rules look at beside the request: the customer's goodwill, and what was given before, read page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.decision import Answer, Request
from goodwill.domain.entry import Entry
from goodwill.domain.errors import UnknownAccount
from goodwill.domain.instant import days_between, to_us
from goodwill.domain.money import Money
from goodwill.domain.period import Period

if TYPE_CHECKING:
    from goodwill.ledger.ledger import Ledger
    from goodwill.policies.policy import Policy

__all__ = ["Concession", "Seen", "Whose", "since", "what_is_seen"]

Whose = Literal["account", "actor"]
MICROSECOND: Final = timedelta(microseconds=1)


class Concession(NamedTuple):
    """Something that was given before, and what it cost."""

    occurred_at: datetime
    kind: str
    cost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known when a request is decided; beside the request, all that an answer depends on.

    Attributes:
        balance: what the account adds up to, in points; None where nobody looked.
        standing: the band that it is in.
        policy: the digest of the policy that says so.
        opened_at: when the account's first entry happened; None where it has none, or no rule asks for it.
        of_account, of_actor: what was given to the customer, and by the actor, within the longest window of any rule.
        of_role: what was allowed to the role within the longest window of its budgets.
        spent: what the role has spent of its budget, where the caller says so; `of_role` is then not read.
    """

    balance: float | None = None
    standing: str | None = None
    policy: str | None = None
    opened_at: datetime | None = None
    of_account: tuple[Concession, ...] = ()
    of_actor: tuple[Concession, ...] = ()
    of_role: tuple[Concession, ...] = ()
    spent: Money | None = None

    def of(self, whose: Whose) -> tuple[Concession, ...]:
        """What was given before, to the customer or by the actor."""
        return self.of_account if whose == "account" else self.of_actor

    def points(self, rule: str) -> float:
        """The balance, for a rule that reads it.

        Raises:
            AppraisalError: if nobody looked, or it is no number.
        """
        if self.balance is None or not isfinite(self.balance):
            raise AppraisalError(
                f"{rule} reads the customer's balance, and what was seen says {self.balance}; look with "
                "authority.see(ledger, request)"
            )
        return self.balance

    def tenure(self, at: datetime) -> float:
        """For how many days somebody has been a customer; 0 before the first entry."""
        return 0.0 if self.opened_at is None else max(0.0, days_between(to_us(self.opened_at), to_us(at)))


def since(found: Iterable[Concession], at: datetime, days: float) -> list[Concession]:
    """What was given in the last `days` days up to an instant, itself included; what is older by exactly that is not.

    Example:
        >>> from datetime import UTC
        >>> days = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 31)]
        >>> given = [Concession(day, "fee_waived", Money(5, "USD")) for day in days]
        >>> len(since(given, datetime(2026, 3, 31, tzinfo=UTC), 30))
        2
    """
    first = begin(at, days)
    return [each for each in found if first <= each.occurred_at <= at]


def begin(at: datetime, days: float) -> datetime:
    """The first instant of a window that ends with an instant."""
    try:
        return at - timedelta(days=days) + MICROSECOND
    except OverflowError:  # longer ago than the calendar goes
        return datetime.min.replace(tzinfo=at.tzinfo)


def what_is_seen(
    ledger: Ledger,
    request: Request,
    *,
    policy: Policy | None,
    windows: Mapping[str, float],
    tenure: bool,
    spent: Money | None,
) -> Seen:
    """What a ledger knows of the customer, the actor and the role of a request, as of its instant.

    Args:
        ledger: asked for a balance, and for pages of entries and decisions within the windows.
        request: checked.
        policy: how the balance is read; None is the ledger's own.
        windows: for "account", "actor" and "role" the days that rules look back; what is not there is not read.
        tenure: whether to ask since when somebody is a customer.
        spent: what the role has spent of its budget; None reads it from recorded decisions.
    """
    at = request.requested_at
    balance = ledger.balance(request.account, as_of=at, policy=policy)
    opened_at = opened(ledger, request.account) if tenure else None
    spans = {whose: Period(begin(at, days), at + MICROSECOND) for whose, days in windows.items()}
    given: dict[str, tuple[Concession, ...]] = {}
    if "account" in spans:
        entries = ledger.entries(account=request.account, period=spans["account"])
        given["of_account"] = tuple(concessions(entries, ledger, request))
    if "actor" in spans:
        entries = ledger.entries(actor=request.actor, period=spans["actor"])
        given["of_actor"] = tuple(concessions(entries, ledger, request))
    if "role" in spans and spent is None and request.role is not None:
        given["of_role"] = tuple(allowed(ledger, request, spans["role"]))
    return Seen(
        balance=balance.points,
        standing=balance.standing,
        policy=(ledger.policy if policy is None else policy).digest,
        opened_at=None if opened_at is None or opened_at > at else opened_at,
        spent=spent,
        **given,
    )


def opened(ledger: Ledger, account: str) -> datetime | None:
    """When the account's first entry happened."""
    try:
        return ledger.account(account).opened_at
    except UnknownAccount:
        return None


def concessions(entries: Iterable[Entry], ledger: Ledger, request: Request) -> Iterator[Concession]:
    """The concessions in force among entries; the gesture of the request itself, recorded before a retry, is none."""
    for entry in entries:
        is_itself = request.reference is not None and entry.reference == request.reference
        if entry.type == "deposit" and entry.cost is not None and entry.reversed_by is None and not is_itself:
            yield Concession(entry.occurred_at, ledger.catalog.canonical(entry.kind), entry.cost)


def allowed(ledger: Ledger, request: Request, span: Period) -> Iterator[Concession]:
    """What was allowed to the role of a request, by recorded decisions; the same gesture decided again is none."""
    found = ledger.decisions(role=request.role, answer=Answer.ALLOW, start=span.start, end=span.end)
    for each in found:
        if request.reference is None or each.request.reference != request.reference:
            yield Concession(each.decided_at, each.request.kind, each.request.cost)
