"""What keeps a policy out of the database is said before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from goodwill import Kind, Policy, Rate, presets
from goodwill.domain.kind import Direction
from goodwill.ledger.survey_requests import Explain
from goodwill.policies.component import preserved_registry
from goodwill.policies.decay import Decay
from goodwill.policies.valuation import Columns, Stage, Step
from goodwill.stores.sqlalchemy.planning import explain, obstacles
from goodwill.stores.sqlalchemy.statements import statements
from goodwill.testing.histories import CATALOG
from goodwill.valuations import LinkedRecovery

ON_FLOATS = frozenset({"float"})


@pytest.fixture(autouse=True)
def _strangers_go_home() -> Iterator[None]:
    with preserved_registry():
        yield


def with_step(step: Step) -> Policy:
    policy = presets.default(CATALOG)
    by_stage = {each.stage: each for each in (*policy.valuation.steps, step)}
    return policy.replace(
        valuation=policy.valuation.replace(steps=tuple(by_stage[stage] for stage in sorted(by_stage)))
    )


@pytest.mark.parametrize("make", ["default", "tk92", "linear", "grace21", "honeymoon", "heroics", "sincere_only"])
def test_presets_that_look_at_entries_and_their_links_are_read_in_the_database(make: str) -> None:
    assert obstacles(getattr(presets, make)()) == []


@pytest.mark.parametrize("make", ["habituation", "entitlement", "double_deviation", "loyalty"])
def test_presets_with_state_or_a_calendar_are_not(make: str) -> None:
    (reason,) = obstacles(getattr(presets, make)())
    assert "looks at the account's other entries" in reason or "calendar" in reason


def test_a_step_that_does_not_run_on_sql_is_named() -> None:
    class Mood(Step, type="mood"):
        stage: ClassVar[Stage] = Stage.KANO
        operands = ON_FLOATS

        def apply(self, worth: Any, columns: Columns) -> Any:
            return worth

    assert obstacles(with_step(Mood())) == ["mood does not run on SQL"]


def test_a_step_that_leaves_entries_unvalued_by_itself_is_named() -> None:
    class Picky(Step, type="picky"):
        stage: ClassVar[Stage] = Stage.KANO

        def unvalued(self, fact: Any, exchange: float | None) -> str | None:
            return "too late" if fact.occurred_us > 0 else None

    assert obstacles(with_step(Picky())) == ["picky says by itself what it has no opinion on"]


def test_a_recovery_of_another_making_is_named() -> None:
    class Generous(LinkedRecovery, type="generous"):
        pass

    assert obstacles(with_step(Generous())) == ["generous may look at anything of a failure and its recovery"]


def test_a_decay_that_does_not_run_on_sql_is_named_wherever_it_stands() -> None:
    class Whim(Decay, type="whim"):
        operands = ON_FLOATS

        def remaining(self, age: Any) -> Any:
            return 1.0

    assert obstacles(presets.default().replace(decay=Whim().expire(days=9))) == ["expire does not run on SQL"]
    assert obstacles(with_step(LinkedRecovery(speed=Whim()))) == ["linked recovery does not run on SQL"]


def test_numbers_that_a_database_cannot_multiply_are_named() -> None:
    class Loud(Step, type="loud"):
        stage: ClassVar[Stage] = Stage.KANO
        gain: float

        def apply(self, worth: Any, columns: Columns) -> Any:
            return worth * self.gain

    for gain, is_beyond in ((1e200, True), (-1e-200, True), (0.0, False), (3.0, False)):
        reasons = obstacles(with_step(Loud(gain=gain)))
        assert [reason.startswith("valuation.steps[") for reason in reasons] == [True] * is_beyond


def test_a_policy_that_names_more_kinds_than_a_statement_takes_is_left_to_python() -> None:
    catalog = CATALOG.extended(
        *(Kind(f"k{n}", Direction.DEPOSIT, starter=Rate("event", material=1.0)) for n in range(1001))
    )
    (reason,) = obstacles(presets.default(catalog))
    assert reason.endswith("kinds, and one statement takes 1000")


@pytest.mark.parametrize("family", ["postgresql", "mariadb"])
def test_servers_are_not_asked_for_their_functions(family: str) -> None:
    steps = explain(Explain(presets.default()), statements("goodwill_", None, family, returning=True), "default")
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value.engine == "database"


def test_sqlite_is_asked_and_only_what_it_was_built_with_counts() -> None:
    for rows, engine in (([], "python"), ([("exp", 0), ("ln", 0)], "python"), ([("exp", 1), ("ln", 1)], "database")):
        steps = explain(Explain(presets.default()), statements("goodwill_", None, "sqlite", returning=True), "default")
        next(steps)
        with pytest.raises(StopIteration) as stop:
            steps.send(rows)
        assert stop.value.value.engine == engine
