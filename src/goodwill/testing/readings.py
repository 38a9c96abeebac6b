"""The laws of a reading, each a plain function of a history under a policy that raises AssertionError.

Those with a precondition say so, and pass where it is not met. What is not a law is not here: a balance may grow by
itself (bad news may fade first), an entry split in two is worth more, and another deposit may lower a balance (it
raises what is expected).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from goodwill.domain.entry import Fact
from goodwill.domain.instant import to_us
from goodwill.domain.period import Period
from goodwill.policies.model import Model
from goodwill.policies.policy import Policy
from goodwill.testing.book import NOW, TOLERANCE, Book, close
from goodwill.testing.histories import END
from goodwill.testing.resuming import a_fold_goes_on_from_a_checkpoint, a_state_survives_json

__all__ = ["LAWS"]

NOW_US: Final = to_us(NOW)
WEEK: Final = timedelta(days=7)
WEEK_US: Final = 7 * 86_400_000_000


def a_reading_is_a_finite_number(book: Book) -> None:
    """Whatever happened, at any instant."""
    for as_of in book.dates:
        points = book.points(as_of)
        if not math.isfinite(points):
            raise AssertionError(f"the balance as of {as_of.isoformat()} is {points}")


def nothing_is_worth_nothing(book: Book) -> None:
    """An account without entries reads 0."""
    if book.other([]).points() != 0.0:
        raise AssertionError("an empty account has a balance")


def contributions_sum_to_the_balance(book: Book) -> None:
    """With the terms, and the two parts as well."""
    for as_of in book.dates:
        balance = book.balance(as_of)
        amounts = [item.points for item in book.contributions(as_of)]
        close(math.fsum([*amounts, *balance.terms.values()]), balance.points, book.size(as_of))
        close(balance.positive + balance.negative, balance.points, book.size(as_of))


def reading_twice_reads_the_same(book: Book) -> None:
    """Nothing is remembered between readings."""
    first = [book.balance(as_of).points for as_of in book.dates]
    again = [book.balance(as_of).points for as_of in reversed(book.dates)]
    if first != again[::-1]:
        raise AssertionError(f"{first} the first time, {again[::-1]} the second")


def no_reading_knows_the_future(book: Book) -> None:
    """What happens later changes no earlier reading: drop it, and it reads the same."""
    for as_of in book.dates[:4]:
        book.same(book.other([fact for fact in book.facts if fact.occurred_us <= to_us(as_of)]), as_of)


def no_worth_looks_past_its_entry(book: Book) -> None:
    """What an entry was worth when it happened stays, whatever happens later."""
    final = {item.id: item.worth for item in book.contributions(NOW)}
    for as_of in book.dates[:6]:
        for item in book.contributions(as_of):
            close(item.worth, final[item.id], 1.0 + abs(item.worth), f"once {as_of.isoformat()} is past: {item.kind}")


def the_order_of_arrival_does_not_matter(book: Book) -> None:
    """Where every entry has a reference, a reading is of the set of entries."""
    book.same(book.other(book.facts[::-1]))
    book.same(book.other(sorted(book.facts, key=lambda fact: fact.occurred_us)))


def a_reversal_is_the_history_without_the_entry(book: Book) -> None:
    """State and links included."""
    for fact in book.facts[:3]:
        reversal = Fact("reversal", 0, "reversal", "ada", fact.kind, fact.occurred_us, NOW_US, reverses=fact.id)
        without = [other for other in book.facts if other is not fact]
        book.other([*book.facts, reversal]).same(book.other(without))


def a_reading_knows_no_date(book: Book) -> None:
    """Everything a week later reads the same a week later. Precondition: no calendar in the policy."""
    if not any(decay.dated for decay in book.policy.decay.decays):
        book.same(book.other([a_week_later(fact) for fact in book.facts]), NOW - WEEK, NOW)


def a_week_later(fact: Fact) -> Fact:
    """The same fact, and when it is due, a week later."""
    due_us = None if fact.due_us is None else fact.due_us + WEEK_US
    return fact._replace(occurred_us=fact.occurred_us + WEEK_US, due_us=due_us)


def a_statement_adds_up(book: Book) -> None:
    """One period's closing is the next one's opening, and each is what moved."""
    previous = None
    for start, end in pairwise(book.dates[:5]):
        statement = book.statement(Period(start, end))
        size = book.size(end) + abs(statement.opening) + abs(statement.closing)
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
    contributions = book.contributions()
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
    if book.policy.terms or any(fact.type == "promise" for fact in book.facts):
        return
    now, later = (book.balance(as_of) for as_of in (END + timedelta(days=1), NOW))
    if later.positive > now.positive * (1 + TOLERANCE) or later.negative < now.negative * (1 + TOLERANCE):
        raise AssertionError(f"+{now.positive} {now.negative} became +{later.positive} {later.negative}")


def balances_add_up_over_entries(book: Book) -> None:
    """Two halves of a history add up to the whole. Precondition: per_entry, no terms, no promises."""
    promises = any(fact.type in {"promise", "kept"} for fact in book.facts)
    if book.policy.policy_class != "per_entry" or book.policy.terms or promises:
        return
    halves = book.facts[::2], book.facts[1::2]
    close(math.fsum(book.other(half).points() for half in halves), book.points(), book.size())


def it_prints_as_code_and_stores_as_json(book: Book) -> None:
    """Its code makes the same policy again, and so does its JSON, with the same digest."""
    policy = book.policy
    if (made := eval(repr(policy), classes(policy))) != policy:  # noqa: S307 - the repr of what the caller made
        raise AssertionError(f"its repr makes {made!r}")
    again = Policy.from_json(policy.to_json())
    if again != policy or again.digest != policy.digest:
        raise AssertionError(f"its JSON loads as {again!r}")


def classes(value: Any) -> dict[str, type]:
    """The classes of what a value is made of, by name."""
    found = {type(value).__name__: type(value)}
    inner = [getattr(value, name) for name in type(value).model_fields] if isinstance(value, Model) else []
    inner += value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    for part in inner:
        found |= classes(part)
    return found


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
    a_state_survives_json,
    a_fold_goes_on_from_a_checkpoint,
    it_prints_as_code_and_stores_as_json,
)
"""Every law of a reading."""
