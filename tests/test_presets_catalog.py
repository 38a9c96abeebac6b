from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from goodwill.domain.kind import Catalog, Direction
from goodwill.presets import service_catalog

CATALOG = service_catalog()
VALUED = [kind for kind in CATALOG.values() if kind.direction != Direction.OBSERVATION]
DEFAULTS = {"material": 0.0, "symbolic": 0.0, "kept": 1.0}
PARTS = ("per", "material", "symbolic", "kept")


def test_it_has_the_kinds_that_writing_on_service_names():
    assert Counter(kind.direction for kind in CATALOG.values()) == {
        Direction.DEPOSIT: 16,
        Direction.WITHDRAWAL: 12,
        Direction.PROMISE: 2,
        Direction.OBSERVATION: 4,
    }


@pytest.mark.parametrize("kind", CATALOG.values(), ids=list(CATALOG))
def test_every_kind_says_in_one_line_what_it_means(kind):
    assert 10 <= len(kind.meaning) <= 80
    assert kind.meaning.endswith(".")


@pytest.mark.parametrize("kind", VALUED, ids=lambda kind: kind.name)
def test_everything_that_is_valued_has_a_starter_rate_that_is_worth_something(kind):
    assert kind.starter.material + kind.starter.symbolic > 0


@pytest.mark.parametrize("kind", VALUED, ids=lambda kind: kind.name)
def test_a_starter_rate_counts_what_the_magnitude_counts(kind):
    assert kind.starter.per == {"money": "money", "event": "event"}.get(kind.unit, "unit")


def test_money_handed_over_is_worth_its_amount():
    assert {kind.starter.material for kind in VALUED if kind.is_money} == {1.0}


def test_what_ends_a_silence_beside_deposits_and_withdrawals():
    assert {name for name, kind in CATALOG.items() if kind.contact} == {"purchase", "contact"}


def test_units_beyond_events_and_money():
    assert {name: kind.unit for name, kind in CATALOG.items() if kind.unit not in {"event", "money"}} == {
        "late_delivery": "day",
        "unanswered_message": "message",
        "repair": "step",
        "review": "star",
    }


def test_it_says_that_its_numbers_are_convention():
    assert "The starter rates are convention" in service_catalog.__doc__


def test_it_comes_back_from_its_toml():
    assert Catalog.from_toml(CATALOG.to_toml()) == CATALOG


@pytest.mark.parametrize(
    "name",
    [
        "fee_waived",
        "refund",
        "upgrade",
        "late_delivery",
        "faulty_product",
        "unexpected_charge",
        "rude_encounter",
        "callback",
        "repair",
    ],
)
def test_a_starter_rate_is_that_of_the_shared_histories_where_they_have_the_kind(name, shared_rates):
    starter = CATALOG[name].starter
    assert {part: getattr(starter, part) for part in PARTS} == DEFAULTS | shared_rates[name]


@pytest.fixture(scope="module")
def shared_rates(project_root):
    histories = project_root.parent / "shared" / "models" / "histories.json"
    if not histories.exists():
        if "CI" in os.environ:
            pytest.fail(f"{histories} is missing")
        pytest.skip(f"{histories} is not there")
    return json.loads(histories.read_text())["policies"]["default"]["rate_card"]
