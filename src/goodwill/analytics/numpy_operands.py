"""Formulas on NumPy arrays (goodwill[numpy]). Importing this module teaches `goodwill.policies.formula` the operand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goodwill.policies.formula import (
    LARGEST,
    MAX_EXPONENT,
    MAX_EXPONENT_2,
    NEGLIGIBLE,
    SMALLEST,
    Operand,
    register_operand,
)

try:
    import numpy as np
except ImportError as error:
    raise ImportError("formulas on arrays need NumPy: install goodwill[numpy]") from error

__all__: list[str] = []


def exp(x: Operand) -> Operand:
    """The exponential of x, clamped."""
    return np.exp(np.clip(x, -MAX_EXPONENT, MAX_EXPONENT))


def exp2(x: Operand) -> Operand:
    """2 to the power of x, clamped."""
    return np.exp2(np.clip(x, -MAX_EXPONENT_2, MAX_EXPONENT_2))


def log(x: Operand) -> Operand:
    """The natural logarithm of x, from e^-700 on."""
    return np.log(np.maximum(x, SMALLEST))


def power(base: Operand, exponent: Operand) -> Operand:
    """A base of at least 0 to the power of the exponent, clamped."""
    positive = np.maximum(base, 0.0) + 0.0  # and no -0.0, whose odd powers are negative
    with np.errstate(over="ignore", divide="ignore"):
        return np.minimum(np.power(positive, exponent), LARGEST)


def flush(share: Operand) -> Operand:
    """The share, or 0 where it is negligible."""
    return np.where(share >= NEGLIGIBLE, share, 0.0)


def choose(key: Operand, table: Mapping[str, float], default: float) -> Operand:
    """The table's number for each key, or the default."""
    chosen: Any = np.full(np.shape(key), float(default))
    for name, number in table.items():
        chosen[key == name] = number
    return chosen


for _kind in (np.ndarray, np.generic):
    register_operand(
        _kind,
        exp=exp,
        exp2=exp2,
        log=log,
        power=power,
        minimum=np.minimum,
        maximum=np.maximum,
        where=np.where,
        flush=flush,
        choose=choose,
    )
