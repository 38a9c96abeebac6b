"""`check_decay` as a policy author uses it: in a notebook, on a class of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from goodwill.decays import HalfLife
from goodwill.policies.component import registered
from goodwill.policies.decay import Decay
from goodwill.policies.formula import power
from goodwill.policies.parameters import Days, Positive
from goodwill.testing import check_decay, preserved_registry
from goodwill.valuations import Prospect


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


def cell() -> type[Any]:
    """What stands in one cell of a notebook, without a single annotation more than is needed."""

    class Ebbinghaus(Decay, type="ebbinghaus"):
        """Fast at first, then ever slower, as memories fade."""

        days: Days
        exponent: Positive = 0.5

        def remaining(self, age):  # type: ignore[no-untyped-def]
            return power(1 + age / self.days, -self.exponent)

    return Ebbinghaus


def test_an_author_defines_checks_composes_and_runs_the_cell_again() -> None:
    ebbinghaus = cell()
    check_decay(ebbinghaus)
    ebbinghaus = cell()
    check_decay(ebbinghaus, examples=10)
    candidate = ebbinghaus(days=30).grace(days=14) * HalfLife(days=365)
    check_decay(candidate, examples=10)
    assert repr(candidate) == ("Product(of=(Grace(days=14.0, of=Ebbinghaus(days=30.0)), HalfLife(days=365.0)))")
    assert Decay.from_json(candidate.to_json()) == candidate
    assert registered(Decay)["ebbinghaus"] is ebbinghaus


def test_one_instance_is_checked_as_it_is() -> None:
    check_decay(HalfLife(days=84), examples=3)


@pytest.mark.parametrize("wrong", [Decay, Prospect, Prospect(), 84, "half_life"])
def test_what_is_no_decay_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="check_decay takes a decay or a class of decays"):
        check_decay(wrong)


def test_the_number_of_examples_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ages: list[float] = []

    class Counting(HalfLife, type="counting"):
        operands = frozenset({"float"})

        def remaining(self, age: Any) -> Any:
            ages.append(age)
            return super().remaining(age)

    monkeypatch.setenv("GOODWILL_EXAMPLES", "1")
    check_decay(Counting)
    few = len(ages)
    check_decay(Counting, examples=5)
    assert len(ages) - few > 2 * few


def test_it_needs_no_test_runner() -> None:
    code = """
import sys
from goodwill.decays import HalfLife
from goodwill.testing.decay import check_decay
check_decay(HalfLife, examples=3)
assert "pytest" not in sys.modules or "goodwill.testing.store" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_hypothesis_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["hypothesis"] = None
try:
    import goodwill.testing
except ImportError as error:
    assert "goodwill[testing]" in str(error), error
else:
    raise SystemExit("it was imported")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
