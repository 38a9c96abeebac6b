"""One formula, every operand: what holds the formulas of steps, terms and lags together on all engines.

A decay has this law among its own (`goodwill.testing.laws`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from goodwill.domain.entry import Fact
from goodwill.policies.component import Component
from goodwill.policies.formula import Operand
from goodwill.policies.lag import Lag
from goodwill.policies.term import Term
from goodwill.policies.valuation import Columns, FoldedStep, Parts, RecoveryStep, Stage, Step
from goodwill.testing.engines import installed, on_engine
from goodwill.testing.running import tries
from goodwill.testing.strategies import instances

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["Case", "cases", "check_operands", "every_engine_agrees"]

TOLERANCE: Final = 1e-12

SIZES: Final = st.just(0.0) | st.floats(1e-6, 1e9)
WORTHS: Final = SIZES | SIZES.map(lambda size: -size)
LOSSES: Final = st.floats(1e-3, 1e9)
SHARES: Final = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(1e-6, 1.0)
SPANS: Final = st.sampled_from([0.0, 1.0, 84.0]) | st.floats(1e-6, 1e6)
FAILURE: Final = Fact("f", 1, "withdrawal", "ada", "fault", 0, 0)
RECOVERY: Final = Fact("r", 2, "deposit", "ada", "gift", 0, 0, dimensions={"distributive": 0.5})


class Case(NamedTuple):
    """One formula of a component, and rows of operands to compute it for.

    Attributes:
        name: what the formula is called.
        compute: the formula; takes the operands of a row, in their order.
        rows: the operands.
    """

    name: str
    compute: Callable[..., Any]
    rows: Sequence[tuple[Any, ...]]


@st.composite
def cases(draw: st.DrawFn, part: Component) -> list[Case]:
    """Each formula of a step, term or lag with some rows; none of what is no formula, such as a step with state."""
    return [
        Case(name, compute, draw(st.lists(st.tuples(*operands), min_size=1, max_size=6)))
        for name, compute, operands in formulas(part)
    ]


def formulas(part: Component) -> Iterator[tuple[str, Callable[..., Any], Sequence[st.SearchStrategy[Any]]]]:
    """The formulas of a component by name, with what each operand may be."""
    match part:
        case FoldedStep():
            return
        case RecoveryStep():
            yield "returned", part.returned, (WORTHS, LOSSES, SHARES, kinds(part))
            yield "compensation", compensation(part), (WORTHS, LOSSES.map(lambda loss: -loss), SPANS)
        case Step():
            yield "apply", applied(part), (WORTHS, WORTHS, kinds(part), *COLUMNS)
        case Term():
            yield "amount", part.amount, (SPANS, SPANS)
        case Lag():
            yield "weight", part.weight, (st.integers(0, 400).map(float) | SPANS,)


COLUMNS: Final = (
    st.sampled_from([-1.0, 1.0]),  # sign
    SIZES,  # magnitude
    st.floats(1e-3, 1e3),  # exchange
    SHARES | SHARES.map(lambda share: -share),  # sincerity
    SIZES.filter(lambda severity: severity <= 1e6),
    SHARES,  # part
    st.sampled_from([0.0, 1.0]),  # kept
)


def applied(step: Step) -> Callable[..., Any]:
    """A step as a formula of two parts of a worth and the columns; it is given what its stage is."""

    def compute(worth: Operand, symbolic: Operand, *columns: Operand) -> Any:
        if step.stage is Stage.RATE_CARD:
            return step.apply(None, Columns(*columns))
        return step.apply(Parts(worth, symbolic) if step.stage is Stage.SINCERITY else worth, Columns(*columns))

    return compute


def compensation(step: RecoveryStep) -> Callable[..., Any]:
    """The compensation between two given facts, as a formula of what is offered, what was lost, and the days."""
    return lambda offered, lost, days: step.compensation(offered, lost, days, FAILURE, RECOVERY)


def kinds(part: Component) -> st.SearchStrategy[str]:
    """Kinds: those that the component's tables name, and another."""
    named = {key for name in type(part).model_fields for key in table(getattr(part, name))}
    return st.sampled_from([*sorted(named), "of_no_table"])


def table(value: object) -> set[str]:
    """The keys of a table, and nothing of any other value."""
    return set(value) if isinstance(value, Mapping) else set()


def every_engine_agrees(part: Component, case: Case, engines: Sequence[str] | None = None) -> None:
    """Every operand that the component declares gives the number of a float, within 1e-12 of its size.

    Args:
        part: the component.
        case: its formula, and the operands.
        engines: which are asked; all of them where None.

    Raises:
        AssertionError: naming the component as code, the engine and the operands.
    """
    expected = [results(case.compute(*row)) for row in case.rows]
    for engine in installed(part.runs_on, engines):
        for place, ours in enumerate(zip(*expected, strict=True)):
            theirs = on_one(engine, part, case, place)
            for row, our, their in zip(case.rows, ours, theirs, strict=True):
                if not abs(our - their) <= TOLERANCE * max(1.0, abs(our)):
                    broken(part, case, f"is {our} on a float and {their} on {engine}, of {row}")


def on_one(engine: str, part: Component, case: Case, place: int) -> list[float]:
    """What one engine computes of one part of a formula's result."""
    try:
        return on_engine(engine, lambda *row: results(case.compute(*row))[place], *zip(*case.rows, strict=True))
    except Exception as error:  # noqa: BLE001 - whatever it is, it breaks the law
        broken(part, case, f"raises {type(error).__name__} on {engine}: {error}", error)


def broken(part: Component, case: Case, fault: str, error: Exception | None = None) -> NoReturn:
    """Say what breaks the law."""
    raise AssertionError(f"every engine agrees: {case.name} of {part!r} {fault}") from error


def results(value: Any) -> tuple[Any, ...]:
    """One number, or the two parts of a worth."""
    return tuple(value) if isinstance(value, Parts) else (value,)


def check_operands(part: type[Component] | Component, *, examples: int | None = None) -> None:
    """Hold the formulas of a step, term or lag to one number on every operand that it declares.

    Args:
        part: a member of a family, whose parameters are drawn at random; or one instance.
        examples: how many instances are tried; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the component as code, the engine and the operands.

    Example:
        >>> from goodwill.valuations import Severity
        >>> check_operands(Severity, examples=3)
    """
    drawn: st.SearchStrategy[Component] = instances(part) if isinstance(part, type) else st.just(part)

    @tries(examples)
    @given(drawn, st.data())
    def holds(part: Component, data: st.DataObject) -> None:
        for case in data.draw(cases(part)):
            every_engine_agrees(part, case)

    holds()
