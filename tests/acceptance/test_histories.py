"""Whole ledgers with their readings, computed independently: the software reads the same through every store."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from goodwill import Catalog, Deposit, Kind, Ledger, Money, Observation, Period, Policy, Rate, Ref, Withdrawal, blend
from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw, Weibull
from goodwill.domain.entry import Amendment, Kept, Promise, Reversal
from goodwill.ledger.ports import Store
from goodwill.policies.decay import Decay
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.valuation import Valuation
from goodwill.stores import MemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, standings
from goodwill.terms import Endowment, Silence
from goodwill.testing.clock import FixedClock
from goodwill.testing.store_surveying import same
from goodwill.valuations import (
    Concave,
    DoubleDeviation,
    Expectation,
    Gains,
    Habituation,
    Kano,
    LinkedRecovery,
    Prospect,
    RateCard,
    SCurve,
    Severity,
    Sincerity,
    Tolerance,
)
from tests.databases import Database, some

HISTORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "histories.json"

FORMS: dict[str, Any] = {
    "Deposit": Deposit,
    "Withdrawal": Withdrawal,
    "Observation": Observation,
    "Promise": Promise,
    "Kept": Kept,
}


def load() -> dict[str, Any]:
    if not HISTORIES.exists():
        if "CI" in os.environ:
            raise FileNotFoundError(f"{HISTORIES} must be there under CI")
        return {"cases": [], "golden": None, "policies": {}, "kinds": {}}
    return json.loads(HISTORIES.read_text())


DATA = load()
GOLDEN = DATA["golden"] and {**DATA["golden"], "number": "golden", "kinds": DATA["golden"]["kinds"]}


CASES = [case for case in [GOLDEN, *DATA["cases"]] if case]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def catalog_of(kinds: dict[str, Any]) -> Catalog:
    return Catalog(
        Kind(
            name,
            spec["direction"],
            unit=spec["unit"],
            typical=Decimal(spec["typical"]) if "typical" in spec else None,
            contact=spec.get("contact", False),
        )
        for name, spec in kinds.items()
    )


def decay_of(spec: dict[str, Any]) -> Decay:
    inner = [decay_of(part) for part in spec["of"]] if isinstance(spec.get("of"), list) else []
    made = {
        "half_life": lambda: HalfLife(days=spec["days"]),
        "power_law": lambda: PowerLaw(days=spec["days"], exponent=spec["exponent"]),
        "weibull": lambda: Weibull(days=spec["days"], shape=spec["shape"]),
        "linear": lambda: Linear(days=spec["days"]),
        "none": NoDecay,
        "cliff": lambda: NoDecay().expire(days=spec["days"]),
        "grace": lambda: decay_of(spec["of"]).grace(days=spec["days"]),
        "floor": lambda: decay_of(spec["of"]).floor(share=spec["share"]),
        "product": lambda: math.prod(inner[1:], start=inner[0]),
        "blend": lambda: blend(*inner, weights=tuple(spec["weights"])),
    }
    return made[spec["type"]]()


def steps_of(spec: dict[str, Any]) -> list[Any]:
    rates = {
        kind: Rate(rate["per"], rate.get("material", 0.0), rate.get("symbolic", 0.0), rate.get("kept", 1.0))
        for kind, rate in spec["rate_card"].items()
    }
    steps: list[Any] = [RateCard(rates=rates), Sincerity()]
    if learned := spec.get("expectation"):
        steps.append(
            Expectation(
                rate=learned["alpha_beta"],
                kappa=learned["kappa"],
                half_life=learned["half_life"],
                kinds=tuple(learned["kinds"]),
            )
        )
    if zone := spec.get("zone"):
        steps.append(Tolerance(lower=zone["lower"], upper=zone["upper"]))
    value = spec["prospect"]
    steps.append(Prospect(alpha=value["alpha"], beta=value["beta"], loss_aversion=value["lambda"]))
    if gains := spec.get("kano"):
        steps.append(Kano(gains={kind: Gains(above=above, below=below) for kind, (above, below) in gains.items()}))
    if spec["severity"]:
        steps.append(Severity())
    if worn := spec.get("habituation"):
        steps.append(Habituation(eta=worn["eta"], half_life=worn["half_life"], kinds=tuple(worn["kinds"])))
    if again := spec.get("double_deviation"):
        steps.append(DoubleDeviation(kappa=again["kappa"], half_life=again["half_life"]))
    if rule := spec["recovery"]:
        curve = Concave(c0=rule["c0"]) if rule["curve"] == "concave" else SCurve(mid=rule["mid"])
        speed = decay_of(rule["speed"]) if "speed" in rule else None
        steps.append(LinkedRecovery(curve=curve, rho=rule["rho"], cap=rule["cap"], speed=speed))
    return steps


def policy_of(spec: dict[str, Any]) -> Policy:
    fading = spec["decay"]
    terms: list[Any] = []
    if silence := spec.get("silence"):
        terms.append(Silence(points=silence["nu"], grace=silence["grace"], half_life=silence["half_life"]))
    if endowment := spec.get("endowment"):
        terms.append(Endowment(points=endowment["points"], decay=decay_of(endowment["decay"])))
    schedule = DecaySchedule(
        default=decay_of(fading["default"]),
        by_direction={direction: decay_of(item) for direction, item in fading.get("by_direction", {}).items()},
        by_kind={kind: decay_of(item) for kind, item in fading.get("by_kind", {}).items()},
    )
    return Policy(
        name=spec["name"],
        currency=spec["currency"],
        rates=spec["rates"],
        valuation=Valuation(steps=tuple(steps_of(spec))),
        decay=schedule,
        terms=tuple(terms),
    )


def write(ledger: Ledger, clock: FixedClock, facts: list[dict[str, Any]]) -> dict[str, str]:
    """Record a history as it arrived; the answer names each entry's id by the fact's."""
    ids: dict[str, str] = {}
    for fact in facts:
        clock.set(datetime.fromisoformat(fact["recorded_at"]))
        if fact["type"] == "Reversal":
            entry = ledger.record(Reversal(reverses=ids[fact["reverses"]]))
        elif fact["type"] == "Amend":
            changes = {
                name: instant(value) if name in {"occurred_at", "due"} else value
                for name, value in fact["changes"].items()
            }
            entry = ledger.record(Amendment(amends=ids[fact["amends"]], changes=changes))
        elif fact["type"] == "Merge":
            ledger.merge(fact["from"], into=fact["into"])
            continue
        elif fact["type"] == "Unmerge":
            ledger.unmerge(fact["account"])
            continue
        else:
            entry = ledger.record(entry_of(fact))
        ids[fact["id"]] = entry.id
    return ids


def entry_of(fact: dict[str, Any]) -> Any:
    given = {
        name: fact[name]
        for name in ("account", "kind", "currency", "reference", "sincerity", "severity")
        if name in fact
    }
    if "magnitude" in fact:
        given["magnitude"] = Decimal(fact["magnitude"])
    if "cost" in fact:
        given["cost"] = Money(fact["cost"], fact["currency"])
    if "in_response_to" in fact:
        given["in_response_to"] = Ref(fact["in_response_to"])
    if fact.get("currency") and DATA["kinds"].get(fact["kind"], {}).get("unit") != "money":
        del given["currency"]
    if "due" in fact:
        given["due"] = instant(fact["due"])
    return FORMS[fact["type"]](occurred_at=instant(fact["occurred_at"]), **given)


KEPT = ["sqlite kept", "postgresql kept", "mariadb kept"]
"""Databases in which standings are on."""


STORES = ["memory", "sqlite", "postgresql", "mariadb", *KEPT]
SLOW = set(STORES) - {"memory", "sqlite"}
READ = [
    pytest.param(store, case, id=f"{store} history-{case['number']}", marks=[pytest.mark.slow] if store in SLOW else [])
    for store in STORES
    for case in (CASES if store == "memory" else some(CASES, 4))
]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Store:
    """An empty ledger in memory and in each database, which the ledgers of all histories share."""
    if request.param == "memory":
        return MemoryStore()
    family, _, kept = request.param.partition(" ")
    database = shared(family).anew()
    return SQLAlchemyStore(database.engine, ledger=database.ledger, standings=bool(kept))


@pytest.fixture
def ledger_of(store: Store) -> Callable[[dict[str, Any]], tuple[Ledger, FixedClock]]:
    def make(case: dict[str, Any]) -> tuple[Ledger, FixedClock]:
        spec = case["policy"] if isinstance(case["policy"], dict) else DATA["policies"][case["policy"]]
        clock = FixedClock()
        ledger = Ledger(
            store,
            policy=policy_of(spec),
            catalog=catalog_of(case.get("kinds", DATA["kinds"])),
            currencies=(DATA["home"], "EUR", "GBP", "JPY"),
            clock=clock,
        )
        return ledger, clock

    return make


def test_the_histories_are_these() -> None:
    if not DATA["cases"]:
        pytest.skip("the shared histories are not beside the project")
    assert [case["number"] for case in CASES] == ["golden", *range(0, 400, 4)]


@pytest.mark.parametrize(("store", "case"), READ, indirect=["store"])
def test_a_history_reads_as_it_was_read_independently(case: dict[str, Any], ledger_of: Any) -> None:
    ledger, clock = ledger_of(case)
    ids = write(ledger, clock, case["facts"])
    references = {fact["id"]: fact["reference"] for fact in case["facts"] if "reference" in fact}
    for fact in case["facts"]:
        if fact["type"] == "Amend" and fact["amends"] in references:
            references[fact["id"]] = references[fact["amends"]]
    recorded = [fact for fact in case["facts"] if fact["id"] in ids]
    names = {ids[fact["id"]]: references.get(fact["id"], fact["id"]) for fact in recorded}
    clock.set(datetime.fromisoformat("2030-01-01T00:00:00+00:00"))
    for query in case["queries"]:
        known_at = instant(query.get("known_at"))
        if "start" in query:
            check_statement(ledger, query, known_at)
        else:
            if known_at is None and getattr(ledger.store, "standings", False):
                keep_as_of(ledger, clock, datetime.fromisoformat(query["as_of"]))
            check_balance(ledger, query, known_at, names)


def keep_as_of(ledger: Ledger, clock: FixedClock, as_of: datetime) -> None:
    """Keep readings of all that is recorded, as if that instant were the present."""
    clock.set(as_of)
    if not standings.add(ledger, ledger.policy):
        standings.rebuild(ledger)
    standings.run(ledger)


def check_statement(ledger: Ledger, query: dict[str, Any], known_at: datetime | None) -> None:
    expected = query["expected"]
    period = Period(datetime.fromisoformat(query["start"]), datetime.fromisoformat(query["end"]))
    statement = ledger.statement(query["account"], period, known_at=known_at)
    size = 1 + sum(abs(value) for name, value in expected.items() if name != "terms")
    assert statement.terms == pytest.approx(expected["terms"], abs=1e-9 * size)
    for name, value in expected.items():
        if name != "terms":
            assert getattr(statement, name) == pytest.approx(value, abs=1e-9 * size), (name, query)
    assert abs(statement.residual) <= 1e-9 * size


def check_balance(ledger: Ledger, query: dict[str, Any], known_at: datetime | None, names: dict[str, str]) -> None:
    expected, as_of = query["expected"], instant(query["as_of"])
    contributions = ledger.contributions(query["account"], as_of=as_of, known_at=known_at)
    balance = ledger.balance(query["account"], as_of=as_of, known_at=known_at)
    size = 1e-9 * (sum(abs(row[3]) for row in expected["contributions"]) or 1.0)
    assert balance.points == pytest.approx(expected["points"], abs=size), query
    all_of_them = {each.account: each for each in ledger.balances(as_of=as_of, known_at=known_at)}
    if balance.is_known:
        same(replace(all_of_them[balance.account], resolved_from=balance.resolved_from), balance, 1e9 * size)
    assert balance.positive == pytest.approx(expected["positive"], abs=size)
    assert balance.negative == pytest.approx(expected["negative"], abs=size)
    assert balance.terms == pytest.approx(expected["terms"], abs=1e-9 * (1.0 + size))
    assert balance.is_overdrawn == expected["overdrawn"]
    reasons = {item.reference or names[item.id]: item.reason for item in balance.unvalued}
    assert reasons == dict(expected["unvalued"])
    read = {item.reference or names[item.id]: item for item in contributions}
    for name, worth, share, points, _ in expected["contributions"]:
        assert read[name].worth == pytest.approx(worth, abs=size), (name, query)
        assert read[name].points == pytest.approx(points, abs=size), (name, query)
        assert read[name].share == pytest.approx(share, abs=1e-12)
