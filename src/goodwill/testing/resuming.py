"""Laws of a fold that stops and goes on: what a step remembers survives JSON, and no worth tells where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from goodwill.domain.entry import Fact
from goodwill.domain.history import FoldKey, History, fold_order
from goodwill.domain.instant import to_us
from goodwill.policies.checkpoint import Checkpoint, can_checkpoint, checkpoint, resume
from goodwill.policies.fold import Fold, Valued
from goodwill.policies.policy import Policy
from goodwill.testing.book import HOME, NOW, Book

__all__ = ["a_fold_goes_on_from_a_checkpoint", "a_state_survives_json", "stops", "stored"]

NOW_US = to_us(NOW)


def a_state_survives_json(book: Book) -> None:
    """What each step remembers is the same once it was JSON, after every entry."""
    policy, facts = read_under(book)
    folding = Fold(policy, History(facts, NOW_US), HOME)
    for fact in folding.history.in_force:
        folding.take_all([fact])
        for step, state in zip(policy.valuation.folded, folding.states, strict=True):
            again = step.load_state(json.loads(json.dumps(step.dump_state(state))))
            if again != state:
                raise AssertionError(f"{step!r} remembers {state!r}, and of its JSON {again!r}")


def a_fold_goes_on_from_a_checkpoint(book: Book) -> None:
    """Wherever it stopped, the later entries are worth the same. Precondition: it can stop there."""
    policy, facts = read_under(book)
    whole = Fold(policy, History(facts, NOW_US), HOME)
    whole.take_all(whole.history.in_force)
    for stopped in stops(policy, facts):
        resumed = resume(policy, stored(stopped), facts, NOW_US)
        if list(resumed.valued) != [name for name in whole.valued if later(stopped.key, whole.valued[name].fact)]:
            raise AssertionError(f"after {stopped.key} it values {list(resumed.valued)}")
        for name, entry in resumed.valued.items():
            same(policy, entry, whole.valued[name])


def read_under(book: Book) -> tuple[Policy, list[Fact]]:
    """The policy and the facts, kinds by the catalog's names."""
    facts = [fact._replace(kind=book.catalog.canonical(fact.kind)) for fact in book.facts]
    return book.policy.under(book.catalog), facts


def stops(policy: Policy, facts: list[Fact]) -> Iterator[Checkpoint]:
    """The checkpoint before the first entry, and after each where there can be one."""
    folding = Fold(policy, History(facts, NOW_US), HOME)
    in_force = folding.history.in_force
    for place, fact in enumerate([None, *in_force]):
        if not can_checkpoint(policy, in_force[:place]):
            return
        if fact is not None:
            folding.take_all([fact])
        yield checkpoint(folding)


def stored(stopped: Checkpoint) -> Checkpoint:
    """The checkpoint once it was JSON."""
    again = Checkpoint.from_dict(json.loads(json.dumps(stopped.to_dict())))
    if again is None:
        raise AssertionError("the checkpoint is of another form")
    return again


def later(key: FoldKey | None, fact: Fact) -> bool:
    """Whether a fact comes after a place."""
    return key is None or fold_order(fact) > key


def same(policy: Policy, ours: Valued, theirs: Valued) -> None:
    """That two values of one entry are the same: to the bit, but where a step reads the balance."""
    recovers = [None if entry.recovers is None else entry.recovers.id for entry in (ours, theirs)]
    exact: list[Any] = [(entry.unvalued, entry.plain, entry.fact) for entry in (ours, theirs)]
    reads_balance = policy.valuation.state_size == "history"
    error = 1e-12 * (1.0 + abs(theirs.worth)) if reads_balance else 0.0
    if recovers[0] != recovers[1] or exact[0] != exact[1] or not abs(ours.worth - theirs.worth) <= error:
        raise AssertionError(f"gone on with it is {ours!r}, and at one go {theirs!r}")
