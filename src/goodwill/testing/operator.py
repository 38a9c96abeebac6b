"""`check_operator`: what an operator on decays must keep, on random decays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from goodwill.domain.errors import PolicyError
from goodwill.policies.decay import Decay
from goodwill.testing import laws
from goodwill.testing.running import tries
from goodwill.testing.strategies import decays

try:
    from hypothesis import given, reject
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["check_operator"]

TOLERANCE: Final = 1e-12

Operator = Callable[..., Decay]


def check_operator(
    operator: Operator,
    *,
    parts: int = 2,
    associative: bool = True,
    commutative: bool = True,
    neutral: Decay | None = None,
    examples: int | None = None,
) -> None:
    """Hold an operator on decays to its laws: what it makes is a lawful decay, and grouping and order are no matter.

    Args:
        operator: a function of decays that gives a decay: `operator.mul`, `shortest`, one of your own. What it refuses
            with a PolicyError is drawn again.
        parts: how many decays it takes; the laws of grouping, order and neutrality are those of two.
        associative: whether (a b) c and a (b c) are one decay, equal by value.
        commutative: whether a b and b a leave the same share at every age.
        neutral: what changes nothing, such as `NoDecay()`; none where there is none.
        examples: how many sets of decays are tried; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law and the decays that break it, the smallest that were found.

    Example:
        >>> import operator
        >>> from goodwill.decays import NoDecay
        >>> check_operator(operator.mul, neutral=NoDecay(), examples=3)
        >>> check_operator(lambda decay: decay.floor(share=0.1), parts=1, examples=3)
    """

    @tries(examples)
    @given(st.tuples(*[decays(depth=1)] * parts))
    def what_it_makes_is_a_lawful_decay(drawn: tuple[Decay, ...]) -> None:
        try:
            made = operator(*drawn)
        except PolicyError:  # beyond what its parameters allow
            reject()
        for law in laws.LAWS:
            law(made)

    what_it_makes_is_a_lawful_decay()
    if parts == 2:
        _check_pairs(operator, associative, commutative, neutral, examples)


def _check_pairs(
    operator: Operator, associative: bool, commutative: bool, neutral: Decay | None, examples: int | None
) -> None:
    """The laws of an operator on two decays."""

    @tries(examples)
    @given(decays(depth=1), decays(depth=1), decays(depth=1))
    def holds(a: Decay, b: Decay, c: Decay) -> None:
        if associative:
            grouping_is_no_matter(operator, a, b, c)
        if commutative:
            order_is_no_matter(operator, a, b)
        if neutral is not None:
            the_neutral_changes_nothing(operator, a, neutral)

    holds()


def grouping_is_no_matter(operator: Operator, a: Decay, b: Decay, c: Decay) -> None:
    """(a b) c is a (b c), by value."""
    left, right = operator(operator(a, b), c), operator(a, operator(b, c))
    if left != right:
        _broken(grouping_is_no_matter, f"{left!r} is not {right!r}", a=a, b=b, c=c)


def order_is_no_matter(operator: Operator, a: Decay, b: Decay) -> None:
    """A b leaves the share of b a, at every age."""
    one, other = operator(a, b), operator(b, a)
    for age in laws.probed_ages(one):
        if abs(one.share(age) - other.share(age)) > TOLERANCE:
            fault = f"at an age of {age!r} days {one!r} leaves {one.share(age)}, and {other!r} {other.share(age)}"
            _broken(order_is_no_matter, fault, a=a, b=b)


def the_neutral_changes_nothing(operator: Operator, a: Decay, neutral: Decay) -> None:
    """A decay with the neutral one, on either side, is itself."""
    for made in (operator(a, neutral), operator(neutral, a)):
        if made != a:
            _broken(the_neutral_changes_nothing, f"{made!r} is not {a!r}", a=a)


def _broken(law: Callable[..., None], fault: str, **drawn: Any) -> NoReturn:
    names = ", ".join(f"{name} = {decay!r}" for name, decay in drawn.items())
    raise AssertionError(f"{law.__name__.replace('_', ' ')}: {fault}, of {names}")
