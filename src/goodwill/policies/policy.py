"""A policy: one complete opinion on what facts are worth and how that fades."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Field, field_validator

from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog
from goodwill.domain.notebook import as_html
from goodwill.policies.component import Component
from goodwill.policies.decay import Decay
from goodwill.policies.model import Model
from goodwill.policies.naming import kinds_named, renamed
from goodwill.policies.parameters import Frozen, Positive
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Standing
from goodwill.policies.term import Term
from goodwill.policies.valuation import Scope, StateSize, Valuation

__all__ = ["Difference", "Policy"]

COLUMNS = ("account", "type", "kind", "magnitude", "occurred_at")


class Difference(NamedTuple):
    """One place where two policies differ; None is "not there"."""

    path: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.ours} -> {self.theirs}"


class Policy(Model):
    """One complete opinion: valuation, decay and standing bands, in one currency.

    A policy prints as code, stores as JSON and compares by value; its digest is the key everywhere, and its
    fingerprint, name and the digest's first 8 digits, stands on every balance and statement.

    Attributes:
        name, description: for people; outside the digest.
        caveats: what a reader must know before believing a number; outside the digest.
        revision: the author's own count; in the digest.
        currency: what a point is measured in; None is the ledger's home currency.
        rates: how many units of the policy's currency one unit of another buys.
        valuation: from a fact to its worth when it happened.
        decay: from worth to what remains; a `Decay` alone is one for every entry.
        terms: what an account has by itself, such as silence.
        standing: the bands on the balance.
        saturation: the size that a displayed balance only approaches, bound * tanh(points / bound); display alone.

    Raises:
        PolicyError: with the path to the fault.

    Example:
        >>> from goodwill import presets
        >>> policy = presets.default()
        >>> Policy.from_json(policy.to_json()) == policy
        True
        >>> policy.policy_class, policy.is_additive
        ('linked', True)
    """

    outside_digest: ClassVar[frozenset[str]] = frozenset({"name", "description", "caveats"})

    name: str = "policy"
    description: str = ""
    caveats: tuple[str, ...] = ()
    revision: Annotated[int, Field(ge=1, lt=2**53, strict=True)] = 1
    currency: str | None = None
    rates: Frozen[str, Positive] = {}  # noqa: RUF012 - the model freezes it
    valuation: Valuation
    decay: DecaySchedule
    terms: tuple[Term, ...] = ()
    standing: Standing = Standing()
    saturation: Positive | None = None

    if TYPE_CHECKING:  # pydantic would show `decay` as a schedule alone, and a decay alone is what most write

        def __init__(
            self,
            *,
            name: str = ...,
            description: str = ...,
            caveats: tuple[str, ...] = ...,
            revision: int = ...,
            currency: str | None = ...,
            rates: Mapping[str, float] = ...,
            valuation: Valuation,
            decay: Decay | DecaySchedule,
            terms: tuple[Term, ...] = ...,
            standing: Standing = ...,
            saturation: float | None = ...,
        ) -> None: ...

    @field_validator("terms")
    @classmethod
    def _one_of_each(cls, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        tags = [term.tag for term in terms]
        twice = next((tag for tag in tags if tags.count(tag) > 1), None)
        if twice is not None:
            raise PolicyError(f"two terms are {twice}; their lines would have one name")
        return tuple(sorted(terms, key=lambda term: term.tag))

    @field_validator("decay", mode="before")
    @classmethod
    def _one_decay_for_all(cls, value: Any) -> Any:
        if isinstance(value, Component) or (isinstance(value, Mapping) and "type" in value):
            return {"default": value}
        return value

    @field_validator("currency", "rates", mode="after")
    @classmethod
    def _known_currencies(cls, value: Any) -> Any:
        codes = value if isinstance(value, Mapping) else [value] if value else []
        for code in codes:
            if code not in EXPONENTS:
                raise PolicyError(f"{code!r} is not a currency of ISO 4217; write a code such as 'USD'")
        return value

    @property
    def fingerprint(self) -> str:
        """For people: the name and the first 8 digits of the digest, `support-2026@d5a7ac1d`."""
        return f"{self.name}@{self.digest[:8]}"

    @property
    def policy_class(self) -> Scope:
        """`per_entry`, `linked` or `folded`: how far back the worth of an entry looks."""
        return self.valuation.scope

    @property
    def is_additive(self) -> bool:
        """Whether a balance is a sum that can be kept up to date without the history."""
        return self.policy_class != "folded" and self.decay.exponential and not self.terms

    @property
    def state_size(self) -> StateSize:
        """How what must be remembered of an account grows, to go on from where a reading stopped."""
        return self.valuation.state_size if self.decay.exponential else "history"

    def displayed(self, points: float) -> float:
        """The points as a display shows them: all of them, or saturated."""
        return points if self.saturation is None else self.saturation * math.tanh(points / self.saturation)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of an entry that this policy reads."""
        return tuple(dict.fromkeys((*COLUMNS, *self.valuation.reads, *self.decay.reads)))

    def exchange(self, currency: str | None, home: str) -> float | None:
        """How many units of the policy's currency one unit of `currency` buys.

        1 for None (the magnitude is not money); None where the policy has no rate.
        """
        if currency is None or currency == (self.currency or home):
            return 1.0
        return self.rates.get(currency)

    def check(self, catalog: Catalog) -> None:
        """Raise PolicyError where the policy contradicts a catalog."""
        for step in self.under(catalog).valuation.steps:
            step.check(catalog)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind that it names, wherever it does."""
        return kinds_named(self)

    def under(self, catalog: Catalog) -> Policy:
        """Itself with each kind by the name that the catalog has for it today; entries are read under those.

        Its fingerprint is another then, but the opinion is the same.
        """
        names = {name: now for name in self.kinds if (now := catalog.canonical(name)) != name}
        return _under(self, tuple(sorted(names.items()))) if names else self

    def diff(self, other: Policy) -> tuple[Difference, ...]:
        """Where two policies differ, by path; what is outside the digest is left out."""
        ours, theirs = dict(flat(self._within_digest())), dict(flat(other._within_digest()))
        paths = sorted(ours.keys() | theirs.keys())
        return tuple(
            Difference(path, ours.get(path), theirs.get(path)) for path in paths if ours.get(path) != theirs.get(path)
        )

    def _within_digest(self) -> dict[str, Any]:
        return {name: value for name, value in self.to_dict().items() if name not in self.outside_digest}

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a policy from a .toml or .json file.

        Raises:
            PolicyError: with the path to the fault.
            OSError: if the file cannot be read.
        """
        import tomllib  # noqa: PLC0415 - most programs read no TOML, and all would pay for it

        path = Path(path)
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".toml":
            return cls.from_json(text)
        try:
            return cls.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as fault:
            raise PolicyError(f"{path.name} is not TOML: {fault}") from fault

    def __str__(self) -> str:
        lines = [f"{self.fingerprint}: {self.description}".removesuffix(": ")]
        lines += [f"  decay      {self.decay!r}"]
        lines += [f"  {step.stage.label:<10} {step!r}" for step in self.valuation.steps]
        return "\n".join(lines + [f"  caveat     {caveat}" for caveat in self.caveats])

    def _repr_html_(self) -> str | None:
        """For a notebook: a table, without a script."""
        return as_html(self)


@lru_cache(maxsize=64)
def _under(policy: Policy, names: tuple[tuple[str, str], ...]) -> Policy:
    """The policy with these kinds renamed, which readings of one ledger ask for again and again."""
    now = dict(names)
    return renamed(policy, lambda name: now.get(name, name))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a nested value, by path: `valuation.steps[2].alpha`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}[{index}]")
    else:
        yield path, value
