"""Hypothesis strategies: entries of a catalog, whole histories full of hard cases, and policies that read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from goodwill.domain.entry import Deposit, Entry, Kept, Observation, Promise, Ref, Withdrawal
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog, Direction, Kind, Rate
from goodwill.domain.money import Money
from goodwill.policies.component import registered
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.term import Term
from goodwill.policies.valuation import Step, Valuation
from goodwill.testing.strategies import decays, instances
from goodwill.valuations import RateCard

try:
    from hypothesis import reject
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["CATALOG", "END", "START", "entries", "histories", "policies"]

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
END: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Between which the histories play."""

CATALOG: Final = Catalog(
    [
        Kind("waiver", Direction.DEPOSIT, unit="money", starter=Rate("money", material=1.0)),
        Kind("gift", Direction.DEPOSIT, starter=Rate("event", material=6.0, symbolic=2.0)),
        Kind("praise", Direction.DEPOSIT, unit="word", typical=Decimal(3), starter=Rate("unit", symbolic=1.0)),
        Kind("mystery", Direction.DEPOSIT),
        Kind("delay", Direction.WITHDRAWAL, unit="day", starter=Rate("unit", material=4.0)),
        Kind("fault", Direction.WITHDRAWAL, starter=Rate("event", material=12.0)),
        Kind("charge", Direction.WITHDRAWAL, unit="money", starter=Rate("money", material=1.0)),
        Kind("visit", Direction.PROMISE, unit="hour", starter=Rate("unit", material=5.0, kept=0.5)),
        Kind("touch", Direction.OBSERVATION, contact=True),
    ]
)
"""A small catalog with every direction, sort of unit and sort of rate, and one kind that no rate card prices."""

FORMS: Final[Mapping[str, type[Entry]]] = {
    form.type: form for form in (Deposit, Withdrawal, Observation, Promise, Kept)
}

# Few instants, so that many entries share one, and promises come due at the very instant of an entry.
instants = st.integers(0, 60).map(lambda step: START + timedelta(days=10 * step)) | st.integers(0, 731 * 24).map(
    lambda hours: START + timedelta(hours=hours)
)


@st.composite
def entries(draw: st.DrawFn, catalog: Catalog = CATALOG, account: str = "ada", number: int = 0) -> Entry:
    """An entry of any kind of a catalog, with the reference `r<number>`, as an import would record it.

    A deposit may answer the entry of an earlier or a later number; a `Kept` keeps one.
    """
    kind = draw(st.sampled_from(list(catalog.values())))
    at = draw(instants)
    given: dict[str, Any] = {"account": account, "kind": kind.name, "occurred_at": at, "reference": f"r{number}"}
    given["severity"] = draw(st.none() | st.floats(0, 3))
    form: str = kind.direction
    if kind.direction == Direction.PROMISE:
        form = draw(st.sampled_from(["promise", "kept"]))
    if form == "promise":
        given["due"] = at + draw(st.integers(0, 6).map(lambda step: timedelta(days=10 * step)))
    if form == "kept" or (form == "deposit" and draw(st.booleans())):
        given["in_response_to"] = Ref(f"r{draw(st.integers(0, number + 2))}")
    if form in {"deposit", "kept"}:
        given["sincerity"] = draw(st.none() | st.floats(-1, 1))
    given |= draw(sizes(kind, form))
    return FORMS[form](**given)


@st.composite
def sizes(draw: st.DrawFn, kind: Kind, form: str) -> dict[str, Any]:
    """A magnitude or cost: small, so that promises are kept in parts; 0 too, for what was omitted."""
    if kind.is_money:
        return {"cost": Money.from_minor(draw(st.integers(0, 5000)), draw(st.sampled_from(["USD", "EUR"])))}
    magnitude = draw(st.sampled_from([Decimal(0), Decimal(1), Decimal(2), Decimal("2.5"), Decimal(4)]))
    must = kind.unit != "event" and kind.typical is None and form != "kept"
    return {"magnitude": magnitude} if must or draw(st.booleans()) else {}


@st.composite
def histories(draw: st.DrawFn, catalog: Catalog = CATALOG, most: int = 12) -> list[Entry]:
    """A history of one customer, in the order in which it is recorded, which is not that in which it happened."""
    count = draw(st.integers(0, most))
    made = [draw(entries(catalog, number=number)) for number in range(count)]
    order = draw(st.permutations(range(count)))
    return [made[place] for place in order]


@st.composite
def policies(draw: st.DrawFn, catalog: Catalog = CATALOG, decay: st.SearchStrategy[Any] | None = None) -> Policy:
    """A policy for a catalog: its starter rates, some of the registered steps, decays and terms."""
    steps: list[Any] = [RateCard.from_catalog(catalog)]
    for tag, member in registered(Step).items():
        if tag != "rate_card" and draw(st.booleans()):
            steps.append(draw(instances(member)))
    terms: list[Any] = [draw(instances(member)) for member in registered(Term).values() if draw(st.integers(0, 3)) == 0]
    fading = decays() if decay is None else decay
    schedule = DecaySchedule(
        default=draw(fading),
        by_direction=draw(st.dictionaries(st.sampled_from(["deposit", "withdrawal"]), fading, max_size=1)),
        by_kind=draw(st.dictionaries(st.sampled_from(list(catalog)), fading, max_size=2)),
    )
    try:
        valuation = Valuation(steps=tuple(sorted(steps, key=lambda step: step.stage)))
        return Policy(currency="USD", rates={"EUR": 1.1}, valuation=valuation, decay=schedule, terms=tuple(terms))
    except PolicyError:
        reject()
