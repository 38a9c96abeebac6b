"""An authority: who at the firm may give what, and when somebody else has to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from goodwill.appraisal.authority.amounts import Exchange
from goodwill.appraisal.authority.conditions import (
    BalanceNeeded,
    GreatCustomer,
    KindsAllowed,
    RoleNeeded,
    StandingNeeded,
    TenureNeeded,
)
from goodwill.appraisal.authority.limits import AmountLimit, Budget, CountLimit, SumLimit
from goodwill.appraisal.authority.rule import RoleName
from goodwill.appraisal.authority.seeing import Seen, what_is_seen
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.decision import Answer, Decision, Request, Ruling
from goodwill.domain.errors import WrongType
from goodwill.domain.money import Money
from goodwill.ledger.deciding import checked_request
from goodwill.policies.model import Model
from goodwill.policies.naming import kinds_named
from goodwill.policies.parameters import Frozen, Positive

if TYPE_CHECKING:
    from goodwill.domain.kind import Catalog
    from goodwill.ledger.ledger import Ledger
    from goodwill.policies.policy import Policy

__all__ = ["Answer", "AnyRule", "Authority", "Decision", "Request", "Ruling"]

AnyRule = Annotated[
    AmountLimit
    | CountLimit
    | SumLimit
    | Budget
    | KindsAllowed
    | RoleNeeded
    | BalanceNeeded
    | StandingNeeded
    | TenureNeeded
    | GreatCustomer,
    Field(discriminator="rule"),
]


class Authority(Model):
    """Who may give what: rules, each of which speaks of the requests that it applies to; the strictest answer holds.

    It prints as code, stores as JSON and compares by value, as a policy does, and its digest stands on every decision.
    What no rule speaks of needs approval: silence is no permission. All amounts are in one currency.

    Attributes:
        name, description: for people; outside the digest.
        revision: the author's own count; in the digest.
        roles: the roles that it knows. Where it names any, a request has to say one of them.
        rules: at least one.
        rates: how many units of the rules' currency one unit of another buys; without a rate a cost in another
            currency is refused where an amount is compared.

    Raises:
        PolicyError: with the path to the fault.

    Example:
        >>> from datetime import UTC, datetime
        >>> authority = Authority(
        ...     roles=("agent", "manager"),
        ...     rules=(
        ...         AmountLimit(most=Money("25.00", "USD"), roles=("agent",)),
        ...         AmountLimit(most=Money("200.00", "USD"), otherwise="deny"),
        ...         GreatCustomer(most=Money("50.00", "USD"), balance=40),
        ...     ),
        ... )
        >>> request = Request(
        ...     account="ada",
        ...     kind="fee_waived",
        ...     cost=Money("30.00", "USD"),
        ...     actor="agent-7",
        ...     role="agent",
        ...     requested_at=datetime(2026, 3, 2, tzinfo=UTC),
        ... )
        >>> print(authority.decide(request, Seen(balance=12.0)).against[0])
        amount_limit: needs_approval, 30.00 USD is above 25.00 USD
        >>> authority.decide(request, Seen(balance=60.0)).answer
        <Answer.ALLOW: 'allow'>
        >>> Authority.from_json(authority.to_json()) == authority
        True
    """

    outside_digest: ClassVar[frozenset[str]] = frozenset({"name", "description"})

    name: str = "authority"
    description: str = ""
    revision: Annotated[int, Field(ge=1, lt=2**53, strict=True)] = 1
    roles: tuple[RoleName, ...] = ()
    rules: Annotated[tuple[AnyRule, ...], Field(min_length=1)]
    rates: Frozen[str, Positive] = {}  # noqa: RUF012 - the model freezes it

    @field_validator("rates", mode="after")
    @classmethod
    def _known_currencies(cls, rates: Mapping[str, float]) -> Mapping[str, float]:
        for code in rates:
            if code not in EXPONENTS:
                raise ValueError(f"{code!r} is not a currency of ISO 4217; write a code such as 'USD'")
        return rates

    @model_validator(mode="after")
    def _of_one_piece(self) -> Self:
        currencies = sorted({amount.currency for rule in self.rules for amount in rule.amounts})
        if len(currencies) > 1:
            raise ValueError(f"amounts are in {', '.join(currencies)}; write all rules in one currency, and give rates")
        if set(currencies) & set(self.rates):
            raise ValueError(f"rates holds {currencies[0]}, the rules' own currency")
        strange = sorted(set(self._roles_named) - set(self.roles))
        if strange:
            raise ValueError(f"rules name {', '.join(strange)}, which roles= does not; name every role that there is")
        return self

    @property
    def _roles_named(self) -> Iterator[str]:
        for rule in self.rules:
            yield from rule.roles
            if isinstance(rule, RoleNeeded):
                yield from rule.one_of

    @property
    def fingerprint(self) -> str:
        """For people: the name and the first 8 digits of the digest, `desk@d5a7ac1d`."""
        return f"{self.name}@{self.digest[:8]}"

    @cached_property
    def exchange(self) -> Exchange:
        """What amounts are compared in."""
        currency = next((amount.currency for rule in self.rules for amount in rule.amounts), None)
        return Exchange(currency, self.rates)

    @property
    def windows(self) -> dict[str, float]:
        """How many days rules look back, at what the "account" got, the "actor" gave and the "role" was allowed."""
        found: dict[str, float] = {}
        for whose, days in (rule.window for rule in self.rules if rule.window is not None):
            found[whose] = max(found.get(whose, 0.0), days)
        return found

    def check(self, catalog: Catalog) -> None:
        """Refuse kinds that a catalog does not hold, or calls otherwise today.

        Raises:
            UnknownKind: naming the nearest ones.
            AppraisalError: for a kind that has another name by now.
        """
        for name in sorted(kinds_named(self)):
            today = catalog.resolve(name).name
            if today != name:
                raise AppraisalError(f"{name} is called {today} today; write that in the authority's rules")

    def see(
        self, ledger: Ledger, request: Request, *, policy: Policy | None = None, spent: Money | None = None
    ) -> Seen:
        """What the rules need to know of a request, from a ledger, as of the request's instant.

        It reads one balance, and pages of entries and decisions within the rules' windows. A gesture that was recorded
        under the request's own reference, before a retry, does not count as one before it. What the actor gave to
        restricted accounts is not seen.

        Args:
            ledger: where the customer's entries are.
            request: what is asked.
            policy: how the balance is read; the ledger's own where none is given.
            spent: what the request's role has spent of its budget; by default, what decisions recorded in the ledger
                allowed to it.

        Raises:
            InvalidEntry: or one of its kind, if the request cannot be one.
            Purged: if a window reaches back to what was purged.
            UnknownKind, AppraisalError: as `check` does.
        """
        self.check(ledger.catalog)
        request = checked_request(request)
        tenure = any(rule.reads_tenure for rule in self.rules)
        return what_is_seen(ledger, request, policy=policy, windows=self.windows, tenure=tenure, spent=spent)

    def decide(self, request: Request, seen: Seen) -> Decision:
        """What holds for a request, given what was seen; a pure function of the two.

        For a great customer the amount limit is the higher of the two. Then the strictest answer of all rules that
        spoke holds. Nothing is recorded: `ledger.record_decision` does that.

        Raises:
            InvalidEntry: or one of its kind, if the request cannot be one.
            AppraisalError: for a role that the authority does not know, or where something that a rule reads was not
                seen.
            CurrencyMismatch: for a cost, now or before, in a currency without a rate.
        """
        request = checked_request(request)
        if not isinstance(seen, Seen):
            raise WrongType(f"what was seen is a Seen, not {type(seen).__name__}; get it with authority.see(...)")
        self._require_role(request.role)
        spoken = tuple(self._spoken(request, seen)) or (self._silence(request),)
        return Decision(
            request=request,
            answer=max((each.answer for each in spoken), key=lambda answer: answer.strictness),
            rules=spoken,
            authority=self.digest,
            decided_at=request.requested_at,
            policy=seen.policy,
            balance=seen.balance,
        )

    def _spoken(self, request: Request, seen: Seen) -> Iterator[Ruling]:
        applying = [rule for rule in self.rules if rule.applies_to(request)]
        raises = [rule for rule in applying if isinstance(rule, GreatCustomer) and rule.why(request, seen)]
        raised = max((rule.most for rule in raises), default=None)
        is_limited = any(isinstance(rule, AmountLimit) for rule in applying)
        for rule in applying:
            if isinstance(rule, AmountLimit) and raised is not None and raised > rule.most:
                yield rule.replace(most=raised).speak(request, seen, self.exchange)
            elif not isinstance(rule, GreatCustomer) or (rule in raises and is_limited):
                yield rule.speak(request, seen, self.exchange)

    def _silence(self, request: Request) -> Ruling:
        role = "" if request.role is None else f" as {request.role}"
        return Ruling("authority", Answer.NEEDS_APPROVAL, f"no rule speaks of {request.kind}{role}")

    def _require_role(self, role: str | None) -> None:
        if self.roles and role not in self.roles:
            said = "the request says no role" if role is None else f"role {role!r} is unknown"
            raise AppraisalError(f"{said}; {self.fingerprint} knows {', '.join(self.roles)}")
