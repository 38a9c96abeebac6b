"""`check_decay`: every law of a decay, on random parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from goodwill.policies.decay import Decay
from goodwill.testing import laws
from goodwill.testing.running import tries
from goodwill.testing.strategies import ages, instances

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["check_decay"]


def check_decay(decay: type[Decay] | Decay, *, examples: int | None = None) -> None:
    """Hold a decay to every law in `goodwill.testing.laws`, and say which it breaks, with the smallest example.

    It needs no test runner: call it in a notebook, or in a test.

    Args:
        decay: a member of the family, whose parameters are drawn at random within their limits; or one instance.
        examples: how many instances the laws are tried on; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the decay as code and the age.
        TypeError: if it is not a decay, or leaves `remaining` open.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> check_decay(HalfLife, examples=5)
    """
    cls = decay if isinstance(decay, type) else type(decay)
    if not issubclass(cls, Decay) or inspect.isabstract(cls):
        raise TypeError(f"check_decay takes a decay or a class of decays that defines remaining, not {decay!r}")
    drawn: st.SearchStrategy[Decay] = instances(decay) if isinstance(decay, type) else st.just(decay)

    @tries(examples)
    @given(drawn, st.lists(ages(), max_size=8))
    def every_law_holds(decay: Decay, ages: list[float]) -> None:
        for law, takes_ages in LAWS:
            _hold(law, decay, *([ages] if takes_ages else []))

    every_law_holds()


LAWS = [(law, "ages" in inspect.signature(law).parameters) for law in laws.LAWS]


def _hold(law: Callable[..., None], decay: Decay, *ages: list[float]) -> None:
    """Hold one decay to one law; whatever it raises is a breach of that law."""
    try:
        law(decay, *ages)
    except AssertionError:
        raise
    except Exception as error:
        name = law.__name__.replace("_", " ")
        raise AssertionError(f"{name}: {decay!r} raises {type(error).__name__}: {error}") from error
