"""What never fades."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from goodwill.decays import NoDecay
from goodwill.testing.strategies import ages


@given(ages())
def test_nothing_ever_fades(age: float) -> None:
    assert NoDecay().share(age) == 1.0


def test_its_share_has_the_shape_of_the_ages() -> None:
    assert NoDecay().remaining(np.array([[0.0, 1.0], [2.0, 3.0]])).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_half_is_never_all_that_is_left() -> None:
    assert NoDecay().half_life is None
    assert NoDecay().exponential
