"""Sincerity scales what was meant, never what was handed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies.valuation import Columns, Parts
from goodwill.valuations import Sincerity

parts = st.builds(Parts, st.floats(0, 1e6), st.floats(0, 1e6))
sincerities = st.floats(-1, 1)


@given(parts, sincerities)
def test_the_material_part_is_worth_itself_however_insincere(worth: Parts, sincerity: float) -> None:
    joined = Sincerity().apply(worth, Columns("gift", 1.0, 1.0, sincerity=sincerity))
    assert joined == pytest.approx(worth.material + sincerity * worth.symbolic, rel=1e-12, abs=1e-9)
    assert joined <= worth.material + worth.symbolic


@given(parts, sincerities, sincerities)
def test_more_sincere_is_never_worth_less(worth: Parts, one: float, other: float) -> None:
    low, high = (Sincerity().apply(worth, Columns("gift", 1.0, 1.0, sincerity=s)) for s in sorted((one, other)))
    assert low <= high


@given(parts, sincerities)
def test_a_withdrawal_has_no_sincerity(worth: Parts, sincerity: float) -> None:
    lost = Parts(-worth.material, -worth.symbolic)
    assert Sincerity().apply(lost, Columns("fault", -1.0, 1.0, sincerity=sincerity)) == lost.material + lost.symbolic
