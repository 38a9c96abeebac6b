"""What one event, one unit or one unit of money of each kind is worth, in a material and a symbolic part."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

from pydantic import PlainSerializer, PlainValidator

from goodwill.domain.entry import Fact
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog, Rate
from goodwill.policies.formula import choose, where
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Frozen
from goodwill.policies.valuation import Columns, Parts, Stage, Step

__all__ = ["RateCard"]


def rate_of(value: object) -> Rate:
    """A rate, or the table that says one."""
    return value if isinstance(value, Rate) else Rate.from_dict(value)


class RateCard(Step, type="rate_card"):
    """The worth of each kind before anything else is looked at.

    A rate is per event (the magnitude is not read, but that 0 is worth 0), per unit of the kind's own, or per unit
    of money, converted to the policy's currency. A kind without a rate is left unvalued.

    Attributes:
        rates: by kind. What a kind is worth is the policy author's to say or to fit; the starter worths of
            `presets.service_catalog()` are a convention, not evidence.

    Example:
        >>> from goodwill.domain.kind import Rate
        >>> RateCard(rates={"late_delivery": Rate("unit", material=4)}).rates["late_delivery"].material
        4.0
    """

    stage: ClassVar[Stage] = Stage.RATE_CARD
    reads: ClassVar[tuple[str, ...]] = ("currency",)

    rates: Frozen[KindName, Annotated[Rate, PlainValidator(rate_of), PlainSerializer(asdict)]]

    @classmethod
    def from_catalog(cls, catalog: Catalog) -> Self:
        """The card of a catalog's starter worths."""
        return cls(rates={kind.name: kind.starter for kind in catalog.values() if kind.starter is not None})

    def apply(self, worth: Any, columns: Columns) -> Parts:
        """The material and the symbolic worth, above zero for a deposit and below it for a withdrawal."""
        material, symbolic, by_event, kept = self._tables
        happened = where(columns.magnitude > 0.0, 1.0, 0.0)
        size = where(choose(columns.kind, by_event, 0.0) > 0.0, happened, columns.magnitude * columns.exchange)
        share = where(columns.kept > 0.0, choose(columns.kind, kept, 1.0), columns.part)
        signed = columns.sign * size * share
        return Parts(choose(columns.kind, material, 0.0) * signed, choose(columns.kind, symbolic, 0.0) * signed)

    def unvalued(self, fact: Fact, exchange: float | None) -> str | None:
        """No rate for the kind, none for the currency, or a rate per money for what is not counted in money."""
        rate = self.rates.get(fact.kind)
        if rate is None:
            return "no rate for kind"
        if rate.per == "money" and fact.currency is None:
            return "a rate per money, and the magnitude is not money"
        if rate.per != "event" and exchange is None:
            return "no rate for currency"
        return None

    def check(self, catalog: Catalog) -> None:
        """Refuse a rate per money for a kind that the catalog does not count in money."""
        for name, rate in self.rates.items():
            kind = catalog.get(name)
            if kind is not None and rate.per == "money" and not kind.is_money:
                raise PolicyError(
                    f"valuation.steps[0].rates.{name}.per: {name} is counted in {kind.unit}s, not in money; "
                    "use per='unit' or per='event'"
                )

    @cached_property
    def _tables(self) -> tuple[dict[str, float], dict[str, float], dict[str, float], dict[str, float]]:
        return (
            {kind: rate.material for kind, rate in self.rates.items()},
            {kind: rate.symbolic for kind, rate in self.rates.items()},
            {kind: 1.0 for kind, rate in self.rates.items() if rate.per == "event"},
            {kind: rate.kept for kind, rate in self.rates.items()},
        )
