"""`check_policy`, `check_valuation` and `check_term`: the laws of a reading, on random histories, and of formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from goodwill.decays import HalfLife
from goodwill.domain.entry import Entry
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.term import Term
from goodwill.policies.valuation import Step, Valuation
from goodwill.testing.book import Book, kept
from goodwill.testing.histories import CATALOG, histories
from goodwill.testing.operands import check_operands
from goodwill.testing.readings import LAWS
from goodwill.testing.running import tries
from goodwill.testing.strategies import instances
from goodwill.valuations import LinkedRecovery, Prospect, RateCard, Sincerity

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["check_policy", "check_term", "check_valuation", "opinion"]


def check_policy(
    policy: Policy | st.SearchStrategy[Policy], *, catalog: Catalog = CATALOG, examples: int | None = None
) -> None:
    """Hold a policy to every law of a reading, and say which it breaks, with the smallest history.

    Args:
        policy: any policy, or a strategy that draws some; kinds that its rate card does not know read as unvalued.
        catalog: whose kinds the histories are made of.
        examples: how many histories each law is tried on; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the policy and the history.

    Example:
        >>> from goodwill import presets
        >>> check_policy(presets.default(), examples=3)
    """
    drawn = st.just(policy) if isinstance(policy, Policy) else policy
    for law in LAWS:
        hold(law, drawn, histories(catalog), catalog, examples)


def check_valuation(
    step: type[Step] | Step | Valuation, *, catalog: Catalog = CATALOG, examples: int | None = None
) -> None:
    """Hold a valuation, a step or a class of steps to every law of a reading, and its formulas to one number.

    A step is tried in a valuation of its own: the catalog's starter rates, and the step. Its formula is tried on every
    operand that it declares: arrays, frames and SQL, where installed.

    Args:
        step: a member of the family, whose parameters are drawn at random; an instance; or a whole valuation.
        catalog: whose kinds the histories are made of.
        examples: how many histories each law is tried on; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the policy and the history; or the step, the engine and the operands.

    Example:
        >>> from goodwill.valuations import Severity
        >>> check_valuation(Severity, examples=3)
    """
    drawn = instances(step) if isinstance(step, type) else st.just(step)
    check_policy(drawn.map(lambda found: opinion(found, catalog)), catalog=catalog, examples=examples)
    for part in step.steps if isinstance(step, Valuation) else (step,):
        check_operands(part, examples=examples)


def check_term(term: type[Term] | Term, *, catalog: Catalog = CATALOG, examples: int | None = None) -> None:
    """Hold an account term to every law of a reading, and its formula to one number on every operand.

    One that says that it falls is held to that as well.

    Args:
        term: a member of the family, whose parameters are drawn at random, or an instance.
        catalog: whose kinds the histories are made of.
        examples: how many histories each law is tried on; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the policy and the history; or the term, the engine and the operands.

    Example:
        >>> from goodwill.terms import Silence
        >>> check_term(Silence, examples=3)
    """
    drawn = instances(term) if isinstance(term, type) else st.just(term)
    check_policy(drawn.map(lambda found: opinion(found, catalog)), catalog=catalog, examples=examples)
    check_operands(term, examples=examples)

    @tries(examples)
    @given(drawn, st.floats(0, 4000), st.floats(0, 4000), st.floats(0, 4000))
    def falls(term: Term, silent: float, before: float, later: float) -> None:
        earlier, after = (float(term.amount(silent + before + days, silent + days)) for days in (0.0, later))
        if term.falls and after > earlier + 1e-12 * abs(earlier):
            raise AssertionError(f"{term!r} says that it falls, and rises from {earlier} to {after} in {later} days")

    falls()


def opinion(part: Step | Term | Valuation, catalog: Catalog = CATALOG) -> Policy:
    """A policy in which a step, a term or a valuation does its work, with the catalog's starter rates."""
    card = RateCard.from_catalog(catalog)
    steps: Sequence[Step] = (card, Sincerity(), Prospect(), LinkedRecovery())
    if isinstance(part, Step):
        steps = (part,) if part.stage is card.stage else (card, part)
    valuation = part if isinstance(part, Valuation) else Valuation(steps=tuple(steps))
    terms = (part,) if isinstance(part, Term) else ()
    return Policy(valuation=valuation, decay=HalfLife(days=84), rates={"EUR": 1.1}, terms=terms)


def hold(law: Callable[[Book], None], policy: Any, history: Any, catalog: Catalog, examples: int | None) -> None:
    """Try one law on so many policies and histories."""

    @tries(examples)
    @given(policy, history)
    def holds(policy: Policy, history: Sequence[Entry]) -> None:
        try:
            law(Book(policy, kept(history, catalog), catalog))
        except Exception as fault:
            name = law.__name__.replace("_", " ")
            told = "\n  ".join(map(repr, history)) or "nothing happened"
            raise AssertionError(f"{name}: {fault}\nunder {policy!r}\nwith\n  {told}") from fault

    holds()
