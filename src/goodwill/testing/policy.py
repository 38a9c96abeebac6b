"""`check_policy` and `check_valuation`: the laws of a reading, on random histories.

Each law is a plain function of a policy and a history and raises AssertionError where it does not hold. Those with a
precondition say so, and pass where it is not met. What is not a law is not here: a balance may grow by itself (bad
news may fade first), an entry split in two is worth more, and another deposit may lower a balance (it raises what is
expected).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from goodwill.decays import HalfLife
from goodwill.domain.entry import Entry, Promise, Ref
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Step, Valuation
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, END, dates, histories
from goodwill.testing.strategies import instances
from goodwill.valuations import RateCard

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["LAWS", "check_policy", "check_valuation"]

History = Sequence[Entry]
TOLERANCE: Final = 1e-9
NOW: Final = END + timedelta(days=800)


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
    """Hold a valuation, a step or a class of steps to every law of a reading.

    A step is tried in a valuation of its own: the catalog's starter rates, and the step.

    Args:
        step: a member of the family, whose parameters are drawn at random; an instance; or a whole valuation.
        catalog: whose kinds the histories are made of.
        examples: how many histories each law is tried on; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the policy and the history.

    Example:
        >>> from goodwill.valuations import Severity
        >>> check_valuation(Severity, examples=3)
    """
    drawn = instances(step) if isinstance(step, type) else st.just(step)
    wrapped = drawn.map(
        lambda found: Policy(valuation=within(found, catalog), decay=HalfLife(days=84), rates={"EUR": 1.1})
    )
    for law in LAWS:
        hold(law, wrapped, histories(catalog), catalog, examples)


def within(step: Any, catalog: Catalog) -> Valuation:
    """A valuation in which a step does its work."""
    if isinstance(step, Valuation):
        return step
    card = RateCard.from_catalog(catalog)
    return Valuation(steps=(step,)) if step.stage is card.stage else Valuation(steps=(card, step))


def hold(law: Callable[..., None], policy: Any, history: Any, catalog: Catalog, examples: int | None) -> None:
    """Try one law on so many policies and histories."""

    @settings(
        max_examples=examples or int(os.environ.get("GOODWILL_EXAMPLES", "100")),
        database=None,
        deadline=None,
        derandomize="CI" in os.environ,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(policy, history)
    def holds(policy: Policy, history: History) -> None:
        try:
            law(Book(policy, history, catalog))
        except Exception as fault:
            name = law.__name__.replace("_", " ")
            told = "\n  ".join(map(repr, history)) or "nothing happened"
            raise AssertionError(f"{name}: {fault}\nunder {policy!r}\nwith\n  {told}") from fault

    holds()


class Book:
    """One history under one policy, and readings of it."""

    def __init__(self, policy: Policy, history: History, catalog: Catalog = CATALOG) -> None:
        self.policy = policy
        self.history = list(history)
        self.catalog = catalog
        clock = FixedClock(NOW)
        self.ledger = Ledger.in_memory(policy, catalog, clock=clock, currencies=("USD", "EUR"))
        self.ledger.record_many(self.history)

    def points(self, as_of: datetime = NOW) -> float:
        """The balance at an instant."""
        return self.ledger.balance("ada", as_of=as_of).points

    def size(self, as_of: datetime = NOW) -> float:
        """What rounding is measured by: the sum of absolute worths, at least 1."""
        return 1.0 + math.fsum(abs(item.worth) for item in self.ledger.contributions("ada", as_of=as_of))

    def other(self, history: History) -> Book:
        """Another history under the same policy."""
        return Book(self.policy, history, self.catalog)

    def same(self, other: Book, as_of: datetime = NOW, then: datetime | None = None) -> None:
        """That two readings are the same, within rounding."""
        ours, theirs = self.points(as_of), other.points(then or as_of)
        close(ours, theirs, self.size(as_of), f"as of {as_of.isoformat()}")


def close(ours: float, theirs: float, size: float, where: str = "") -> None:
    """That two numbers are one, within 1e-9 of a size."""
    if not abs(ours - theirs) <= TOLERANCE * size:
        raise AssertionError(f"{ours!r} is not {theirs!r} {where}".rstrip())


# Laws of every reading


def a_reading_is_a_finite_number(book: Book) -> None:
    """Whatever happened, at any instant."""
    for as_of in dates(book.history):
        if not math.isfinite(book.points(as_of)):
            raise AssertionError(f"the balance as of {as_of.isoformat()} is {book.points(as_of)}")


def nothing_is_worth_nothing(book: Book) -> None:
    """An account without entries reads 0."""
    if book.other([]).points() != 0.0:
        raise AssertionError("an empty account has a balance")


def contributions_sum_to_the_balance(book: Book) -> None:
    """With the terms, and the two parts as well."""
    for as_of in dates(book.history):
        balance = book.ledger.balance("ada", as_of=as_of)
        amounts = [item.points for item in book.ledger.contributions("ada", as_of=as_of)]
        close(math.fsum([*amounts, *balance.terms.values()]), balance.points, book.size(as_of))
        close(balance.positive + balance.negative, balance.points, book.size(as_of))


def no_reading_knows_the_future(book: Book) -> None:
    """What happens later changes no earlier reading: drop it, and it reads the same."""
    for as_of in dates(book.history)[:4]:
        past = [fact for fact in book.history if fact.occurred_at <= as_of]
        book.same(book.other(past), as_of)


def no_worth_looks_past_its_entry(book: Book) -> None:
    """What an entry was worth when it happened stays, whatever happens later."""
    final = {item.id: item.worth for item in book.ledger.contributions("ada", as_of=NOW)}
    for as_of in dates(book.history)[:6]:
        for item in book.ledger.contributions("ada", as_of=as_of):
            close(item.worth, final[item.id], 1.0 + abs(item.worth), f"once {as_of.isoformat()} is past: {item.kind}")


def the_order_of_arrival_does_not_matter(book: Book) -> None:
    """Where every entry has a reference, a reading is of the set of entries."""
    book.same(book.other(list(reversed(book.history))))
    book.same(book.other(sorted(book.history, key=lambda fact: fact.occurred_at)))


def reading_twice_reads_the_same(book: Book) -> None:
    """Nothing is remembered between readings."""
    first = [book.points(as_of) for as_of in dates(book.history)]
    again = [book.points(as_of) for as_of in reversed(dates(book.history))]
    if first != again[::-1]:
        raise AssertionError(f"{first} the first time, {again[::-1]} the second")


def a_reversal_is_the_history_without_the_entry(book: Book) -> None:
    """State and links included."""
    for fact in book.history[:3]:
        reversed_ = book.other(book.history)
        reversed_.ledger.reverse(Ref(str(fact.reference)))
        reversed_.same(book.other([other for other in book.history if other is not fact]))


def a_reading_knows_no_date(book: Book) -> None:
    """Everything a week later reads the same a week later. Precondition: no calendar in the policy."""
    if any(decay.dated for decay in book.policy.decay.decays):
        return
    week = timedelta(days=7)
    later = [replace(fact, occurred_at=fact.occurred_at + week, **due_later(fact, week)) for fact in book.history]
    book.same(book.other(later), NOW - week, NOW)


def due_later(fact: Entry, span: timedelta) -> dict[str, Any]:
    """The due date of a promise, moved."""
    return {"due": fact.due + span} if isinstance(fact, Promise) else {}


def a_statement_adds_up(book: Book) -> None:
    """One period's closing is the next one's opening, and each is what moved."""
    marks = dates(book.history)[:5]
    previous = None
    for start, end in pairwise(marks):
        statement = book.ledger.statement("ada", Period(start, end))
        size = book.size(end) + abs(statement.opening)
        close(statement.residual, 0.0, size)
        if previous is not None:
            close(previous.closing, statement.opening, size)
        previous = statement


def a_recovery_gives_back_no_more_than_was_lost(book: Book) -> None:
    """All recoveries of a failure together are worth at most rho of it, and each at least 0."""
    recovery = book.policy.valuation.recovery
    if recovery is None:
        return
    rho = float(getattr(recovery, "rho", 1.0))
    contributions = book.ledger.contributions("ada")
    for failure in contributions:
        worths = [item.worth for item in contributions if item.recovers == failure.id]
        if worths and min(worths) < 0.0:
            raise AssertionError(f"a recovery of {failure.reference} is worth {min(worths)}")
        if math.fsum(worths) > rho * abs(failure.worth) * (1 + TOLERANCE):
            raise AssertionError(
                f"{failure.reference} was worth {failure.worth}, and its recoveries gave back {math.fsum(worths)}"
            )


def both_parts_shrink_while_nothing_happens(book: Book) -> None:
    """Precondition: no terms, and no promise that comes due."""
    if book.policy.terms or any(isinstance(fact, Promise) for fact in book.history):
        return
    now, later = (book.ledger.balance("ada", as_of=as_of) for as_of in (END + timedelta(days=1), NOW))
    if later.positive > now.positive * (1 + TOLERANCE) or later.negative < now.negative * (1 + TOLERANCE):
        raise AssertionError(f"+{now.positive} {now.negative} became +{later.positive} {later.negative}")


def balances_add_up_over_entries(book: Book) -> None:
    """Two halves of a history add up to the whole. Precondition: per_entry, no terms, no promises."""
    promises = any(fact.type in {"promise", "kept"} for fact in book.history)
    if book.policy.policy_class != "per_entry" or book.policy.terms or promises:
        return
    halves = book.history[::2], book.history[1::2]
    close(math.fsum(book.other(half).points() for half in halves), book.points(), book.size())


def it_prints_as_code_and_stores_as_json(book: Book) -> None:
    """Its JSON is the same policy again, with the same digest."""
    again = Policy.from_json(book.policy.to_json())
    if again != book.policy or again.digest != book.policy.digest:
        raise AssertionError(f"its JSON loads as {again!r}")


LAWS: Final = (
    a_reading_is_a_finite_number,
    nothing_is_worth_nothing,
    contributions_sum_to_the_balance,
    reading_twice_reads_the_same,
    no_reading_knows_the_future,
    no_worth_looks_past_its_entry,
    the_order_of_arrival_does_not_matter,
    a_reversal_is_the_history_without_the_entry,
    a_reading_knows_no_date,
    a_statement_adds_up,
    a_recovery_gives_back_no_more_than_was_lost,
    both_parts_shrink_while_nothing_happens,
    balances_add_up_over_entries,
    it_prints_as_code_and_stores_as_json,
)
"""Every law of a reading."""
