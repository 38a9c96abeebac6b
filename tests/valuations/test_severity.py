"""Severity: a plain gain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies.valuation import Columns
from goodwill.valuations import ATTRACTIVE, Kano, Severity

numbers = st.floats(-1e6, 1e6)
gains = st.floats(0, 1e3)


@given(numbers, gains)
def test_it_multiplies_and_keeps_the_sign(x: float, severity: float) -> None:
    worth = Severity().apply(x, Columns("fault", -1.0, 1.0, severity=severity))
    assert worth == pytest.approx(x * severity)
    assert worth * x >= 0.0


@given(numbers)
def test_one_changes_nothing_and_zero_takes_all(x: float) -> None:
    assert Severity().apply(x, Columns("fault", -1.0, 1.0)) == x
    assert Severity().apply(x, Columns("fault", -1.0, 1.0, severity=0.0)) == 0.0


@given(numbers, gains)
def test_gains_commute(x: float, severity: float) -> None:
    columns, kano = Columns("gift", 1.0, 1.0, severity=severity), Kano(gains={"gift": ATTRACTIVE})
    one = Severity().apply(kano.apply(x, columns), columns)
    other = kano.apply(Severity().apply(x, columns), columns)
    assert one == pytest.approx(other)
