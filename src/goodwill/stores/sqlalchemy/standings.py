"""Standings, kept: the job as a host runs it, from the command line or a worker of its own.

Each step is a transaction; a step that another transaction was in the way of is tried again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from goodwill.domain.balance import Balance
from goodwill.domain.crossing import Crossing
from goodwill.domain.errors import PolicyError, RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.ledger import folding
from goodwill.ledger.kept_requests import KeptPolicies, KeptPolicy, Numbered, Unbuilt
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.ports import Request
from goodwill.ledger.standings import differing
from goodwill.policies.policy import Policy

__all__ = ["Difference", "Progress", "Ran", "add", "compare", "listed", "rebuild", "remove", "run", "strange"]

T = TypeVar("T")

TRIES: Final = 10
"""How often a step is tried that other transactions are in the way of."""


class Progress(NamedTuple):
    """How far a build is.

    Attributes:
        policy: the name of the policy.
        done, total: how many names were taken in since it was begun or gone on with, and how many there are to take.
    """

    policy: str
    done: int
    total: int


class Ran(NamedTuple):
    """What a run of the job did.

    Attributes:
        folded: how many pending rows it took in.
        looked: how many accounts it looked at again, since something came by itself.
        built: how many names it took into policies that were being built.
        crossings: what it found, in order.
    """

    folded: int = 0
    looked: int = 0
    built: int = 0
    crossings: tuple[Crossing, ...] = ()


class Difference(NamedTuple):
    """A kept reading that is not what the entries say: `goodwill standings rebuild` makes it anew."""

    kept: Balance
    entries: Balance


def add(ledger: Ledger, policy: Policy) -> bool:
    """Keep readings for a policy; `run` builds them, and readers use them once all accounts are in.

    Returns:
        Whether it was not kept before.

    Raises:
        PolicyError: if the policy contradicts the ledger's catalog.

    Example:
        >>> from goodwill import Ledger, presets
        >>> ledger = Ledger.open("sqlite://", standings=True)
        >>> add(ledger, presets.default())
        True
        >>> run(ledger).built, [policy.ready_us is not None for policy in listed(ledger)]
        (0, [True])
    """
    policy.check(ledger.catalog)
    return carry_out(ledger, lambda: folding.kept_under(policy, view_of(ledger)))


def listed(ledger: Ledger) -> list[KeptPolicy]:
    """The policies that readings are kept for."""

    def asked() -> Generator[Request, Any, list[KeptPolicy]]:
        return list((yield KeptPolicies()))

    return carry_out(ledger, asked, write=False)


def remove(ledger: Ledger, digest: str) -> bool:
    """Keep no readings for the policy of a digest any longer; whether any were kept."""
    return carry_out(ledger, lambda: folding.removed(digest))


def rebuild(ledger: Ledger, digest: str | None = None) -> int:
    """Have the next run make the readings of a policy, or of all, anew; how many policies that are.

    Readers go on meanwhile, and writers too; an interrupted run goes on where it was.
    """
    return carry_out(ledger, lambda: folding.rebuilt(digest))


def run(ledger: Ledger, *, batch: int = folding.BATCH, tell: Callable[[Progress], None] | None = None) -> Ran:
    """Fold what is pending, look again at what came due, and build what was added; then all is up to date.

    Several may run at once: they take turns, step by step.

    Args:
        ledger: over a store with an engine, so that each step is a transaction of its own.
        batch: how many rows or accounts one step takes.
        tell: is told how far a build is.

    Example:
        >>> from goodwill import Ledger, presets
        >>> ledger = Ledger.open("sqlite://", standings=True)
        >>> _ = add(ledger, presets.default()), run(ledger)
        >>> _ = ledger.withdraw("ada", "late_delivery", magnitude=2)
        >>> ran = run(ledger)
        >>> ran.folded, [(each.account, each.direction) for each in ran.crossings]
        (1, [('ada', 'overdrawn')])
    """
    crossings: list[Crossing] = []
    folded = drain(lambda: folding.fold_pending(view_of(ledger), batch), ledger, batch, crossings)
    built = build(ledger, batch, tell)
    folded += drain(lambda: folding.fold_pending(view_of(ledger), batch), ledger, batch, crossings)
    looked = drain(lambda: folding.fold_due(view_of(ledger), batch), ledger, batch, crossings)
    return Ran(folded, looked, built, tuple(crossings))


def drain(
    step: Callable[[], Generator[Request, Any, folding.Folded]], ledger: Ledger, batch: int, found: list[Crossing]
) -> int:
    """Take steps until one finds less than a batch; how much there was."""
    count = 0
    while True:
        folded = carry_out(ledger, step)
        found += folded.crossings
        count += folded.taken
        if folded.taken < batch:
            return count


def build(ledger: Ledger, batch: int, tell: Callable[[Progress], None] | None) -> int:
    """Build what is not built yet; how many names were taken in."""
    count, done = 0, 0
    begun: KeptPolicy | None = None
    total = 0
    while (step := carry_out(ledger, lambda: folding.build_some(view_of(ledger), batch))) is not None:
        policy, taken = step
        if begun is None or begun.id != policy.id:
            begun, done, total = policy, 0, taken + carry_out(ledger, partial(left, policy), write=False)
        done, count = done + taken, count + taken
        if tell is not None:
            tell(Progress(policy.name, done, max(total, done)))
    return count


def left(policy: KeptPolicy) -> Generator[Request, Any, int]:
    """How many names a build has still to take in."""
    return int((yield Unbuilt(policy.built_id))) if policy.built_id is not None else 0


def compare(ledger: Ledger, *, batch: int = folding.BATCH) -> Iterator[Difference]:
    """Every kept reading that differs from what the entries say, of all policies that readers use.

    What is written while it looks is no difference: what seems to be one is looked at again.
    """
    policies = [Policy.from_json(each.document) for each in listed(ledger) if each.ready_us is not None]
    after = 0
    while page := carry_out(ledger, partial(page_of, after, batch), write=False):
        suspects = compared(ledger, policies, [name for _, name in page])
        for _ in range(2):
            if suspects:
                still = {(each.entries.account, each.entries.policy) for each in suspects}
                again = compared(ledger, policies, sorted({account for account, _ in still}))
                suspects = [each for each in again if (each.entries.account, each.entries.policy) in still]
        yield from suspects
        after = page[-1][0]


def strange(ledger: Ledger) -> list[str]:
    """The policies whose kept readings this ledger cannot judge, by name: made with another catalog or home currency."""
    view = view_of(ledger)
    ready = [each for each in listed(ledger) if each.ready_us is not None]
    return [each.name for each in ready if view.read_with(Policy.from_json(each.document)) != each.read_with]


def compared(ledger: Ledger, policies: list[Policy], names: list[str]) -> list[Difference]:
    """The differences among these names."""
    view = view_of(ledger)
    pairs = carry_out(ledger, lambda: differing(map(view.reader, policies), names), write=False)
    return [Difference(*pair) for pair in pairs]


def page_of(after: int, limit: int) -> Generator[Request, Any, list[tuple[int, str]]]:
    """A page of names by number."""
    return list((yield Numbered(after, limit)))


def view_of(ledger: Ledger) -> folding.View:
    """What a job reads with, now."""
    return folding.View(ledger.catalog, ledger.currencies[0], to_us(ledger.clock.now()))


def carry_out(ledger: Ledger, operation: Callable[[], Generator[Request, Any, T]], *, write: bool = True) -> T:
    """Carry out an operation in one transaction of the ledger's store, again if the database asks for that.

    Raises:
        PolicyError: if the ledger's store keeps no readings.
    """
    if not getattr(ledger.store, "standings", False):
        raise PolicyError("this ledger's store keeps no readings; open it with standings=True, as all that write to it")
    for attempt in range(TRIES):
        try:
            with ledger.store.work(write=write) as work:
                return carried_out(operation(), work.answer)
        except RetryTransaction:
            if attempt == TRIES - 1:
                raise
            time.sleep(random.uniform(0.01, 0.1) * (attempt + 1))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


def carried_out(operation: Generator[Request, Any, T], answer: Callable[[Request], Any]) -> T:
    """Answer an operation's requests until it is done."""
    try:
        request = next(operation)
        while True:
            request = operation.send(answer(request))
    except StopIteration as done:
        result: T = done.value
        return result
