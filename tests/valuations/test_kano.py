"""Kano's categories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.policies.valuation import Columns
from goodwill.valuations import ATTRACTIVE, INDIFFERENT, MUST_BE, ONE_DIMENSIONAL, REVERSE, Gains, Kano

numbers = st.floats(-1e6, 1e6)
counts = st.integers(0, 1000)


@pytest.mark.parametrize(
    ("gains", "worths"),
    [
        (MUST_BE, (0.0, -10.0)),
        (ONE_DIMENSIONAL, (10.0, -10.0)),
        (ATTRACTIVE, (10.0, 0.0)),
        (INDIFFERENT, (0.0, 0.0)),
        (REVERSE, (-10.0, 10.0)),
    ],
)
def test_each_category_has_its_pair_of_gains(gains: Gains, worths: tuple[float, float]) -> None:
    step = Kano(gains={"gift": gains})
    assert tuple(step.apply(x, Columns("gift", 1.0, 1.0)) for x in (10.0, -10.0)) == worths


@given(numbers)
def test_a_kind_that_is_not_named_is_one_dimensional(x: float) -> None:
    assert Kano(gains={"gift": MUST_BE}).apply(x, Columns("praise", 1.0, 1.0)) == x


@given(counts, counts, counts, counts)
def test_a_survey_gives_shares_and_nobody_asked_gives_none(a: int, o: int, m: int, i: int) -> None:
    answers = {"attractive": a, "one_dimensional": o, "must_be": m, "indifferent": i}
    if not any(answers.values()):
        with pytest.raises(PolicyError, match="counts answers"):
            Gains.from_survey(**answers)
        return
    gains = Gains.from_survey(**answers)
    assert 0.0 <= gains.above <= 1.0
    assert 0.0 <= gains.below <= 1.0


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(PolicyError, match="counts answers"):
        Gains.from_survey(attractive=3, one_dimensional=-1, must_be=1, indifferent=0)


def test_one_answer_is_a_survey() -> None:
    assert Gains.from_survey(attractive=1, one_dimensional=0, must_be=0, indifferent=0).above > 0.0
