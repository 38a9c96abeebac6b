"""Decisions: what an authority answered to whoever asked to give a customer something, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from goodwill.domain.entry import ABSENT, UNRECORDED, Ref
from goodwill.domain.money import Money

__all__ = ["Answer", "Decision", "Request", "Ruling"]


class Answer(StrEnum):
    """What can be answered to a request, the mildest first.

    Example:
        >>> match Answer("needs_approval"):
        ...     case Answer.ALLOW:
        ...         print("give it")
        ...     case Answer.NEEDS_APPROVAL:
        ...         print("ask somebody else")
        ...     case Answer.DENY:
        ...         print("say no")
        ask somebody else
        >>> max([Answer.ALLOW, Answer.DENY, Answer.NEEDS_APPROVAL], key=lambda answer: answer.strictness)
        <Answer.DENY: 'deny'>
    """

    ALLOW = "allow"
    NEEDS_APPROVAL = "needs_approval"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        """0 for the mildest, and one more for each that is stricter."""
        return list(Answer).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody at the firm asks whether a customer may be given something that costs the firm money.

    Attributes:
        account: the customer's id, exactly as the host writes it.
        kind: what would be given, a deposit's kind of the ledger's catalog.
        cost: what it would cost the firm, never negative.
        actor: who asks, a surrogate.
        requested_at: when; an aware datetime.
        role: as what the actor asks, such as "agent" or "manager"; the host says so, and nobody else checks it.
        magnitude: how big, in the kind's unit, never negative.
        in_response_to: the withdrawal that it would make up for: an entry's id, or a `Ref`.
        reference: the reference that the gesture's entry will have, by which the two are found together.
        note: free and personal, outside every rule; erasure deletes it.

    Example:
        >>> from datetime import UTC, datetime
        >>> Request(
        ...     account="ada",
        ...     kind="fee_waived",
        ...     cost=Money("14.99", "USD"),
        ...     actor="agent-7",
        ...     requested_at=datetime(2026, 3, 2, tzinfo=UTC),
        ... ).cost
        Money('14.99', 'USD')
    """

    account: str
    kind: str
    cost: Money
    actor: str
    requested_at: datetime
    role: str | None = None
    magnitude: Decimal = ABSENT
    in_response_to: str | Ref | None = None
    reference: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule said to a request.

    Attributes:
        rule: the rule's name.
        answer: what it says by itself.
        reason: why, in words with numbers; empty once the customer is erased.
    """

    rule: str
    answer: Answer
    reason: str = ""

    def __str__(self) -> str:
        return (
            f"{self.rule}: {self.answer.value}, {self.reason}" if self.reason else f"{self.rule}: {self.answer.value}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an authority answered to a request: a fact, once a ledger has recorded it.

    It says what was asked, what was seen and who spoke; it does not say that anything was given, which is an entry's.

    Attributes:
        request: what was asked.
        answer: what holds.
        rules: every rule that spoke, each with its own answer and reason.
        authority: the digest of the authority that answered.
        decided_at: as of when the request was looked at; an aware datetime.
        policy: the digest of the policy under which the balance was read; None if none was.
        balance: what the account added up to then, in points.
        reference: the caller's own id of this decision, unique in its ledger; makes recording repeatable.
        id: time-ordered, filled when recorded.
        recorded_at: when the ledger wrote it.
        seq: the store's own number.
        replayed: this is the original of a reference that was recorded again.
    """

    request: Request
    answer: Answer
    rules: tuple[Ruling, ...]
    authority: str
    decided_at: datetime
    policy: str | None = None
    balance: float | None = None
    reference: str | None = None
    id: str = ""
    recorded_at: datetime = UNRECORDED
    seq: int = field(default=0, compare=False)
    replayed: bool = field(default=False, compare=False)

    @property
    def is_allowed(self) -> bool:
        """Whether the gesture may be given without asking anybody else."""
        return self.answer is Answer.ALLOW

    @property
    def against(self) -> tuple[Ruling, ...]:
        """The rules that did not simply allow it."""
        return tuple(each for each in self.rules if each.answer is not Answer.ALLOW)

    def erased(self, account: str) -> Decision:
        """As it is read once its customer is erased: under a name that says nothing, without free text."""
        return replace(
            self,
            request=replace(self.request, account=account, note=None),
            rules=tuple(Ruling(each.rule, each.answer) for each in self.rules),
        )

    def __str__(self) -> str:
        why = "; ".join(str(each) for each in self.against) or "no rule stands against it"
        return f"{self.answer.value}: {self.request.cost} of {self.request.kind} for {self.request.account} ({why})"
