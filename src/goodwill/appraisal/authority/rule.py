"""What a rule of an authority is: to whom and to what it applies, and what it says."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import StringConstraints

from goodwill.appraisal.authority.amounts import Exchange
from goodwill.appraisal.authority.seeing import Seen
from goodwill.domain.decision import Answer, Request, Ruling
from goodwill.domain.money import Money
from goodwill.policies.model import Model
from goodwill.policies.naming import KindName

__all__ = ["Otherwise", "RoleName", "Rule"]

RoleName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^\S(.*\S)?$")]
"""As what somebody acts, such as "agent" or "team lead"."""

Otherwise = Literal["needs_approval", "deny"]


class Rule(Model):
    """One rule: it speaks of the requests that it applies to, and says "allow" or what else holds.

    Attributes:
        rule: which rule it is; the "rule" of its JSON.
        kinds: the kinds that it applies to; none named, all of them.
        roles: the roles that it applies to; none named, all of them.
        otherwise: what it says where it does not allow.
    """

    rule: str
    kinds: tuple[KindName, ...] = ()
    roles: tuple[RoleName, ...] = ()
    otherwise: Otherwise = "needs_approval"

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The money that it names."""
        return ()

    @property
    def window(self) -> tuple[str, float] | None:
        """Whose concessions it looks back at ("account", "actor" or "role"), and for how many days."""
        return None

    @property
    def reads_tenure(self) -> bool:
        """Whether it asks for how long somebody has been a customer."""
        return False

    def applies_to(self, request: Request) -> bool:
        """Whether it speaks of a request."""
        return (not self.kinds or request.kind in self.kinds) and (not self.roles or request.role in self.roles)

    @abstractmethod
    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """What it says to a request that it applies to; a pure function."""

    def said(self, reason: str, *, allows: bool) -> Ruling:
        """Its word, with the reason."""
        return Ruling(self.rule, Answer.ALLOW if allows else Answer(self.otherwise), reason)
