"""A fold that stopped and goes on: what it remembers, as JSON, and which changes make it void.

A checkpoint stands for the entries of an account up to a place in their order. From it, the later entries alone are
valued as if all had been: steps go on from their states, a recovery finds the failure that it answers, and the balance
so far is in sums. What it must remember grows as `Policy.state_size` says, where that is not the history; worths are
the same to the bit, but under a step that reads the balance (`Betrayal`), where they are within 1e-12.

A change at a place makes every checkpoint at or after it void, and none before it: no worth depends on a later entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from goodwill.domain.entry import Fact
from goodwill.domain.errors import PolicyError
from goodwill.domain.history import FoldKey, History, fold_order
from goodwill.policies.fold import DIRECTIONS, Fold, Valued, no_loss
from goodwill.policies.policy import Policy
from goodwill.policies.sums import Sum, Sums, sum_up

__all__ = ["Checkpoint", "can_checkpoint", "checkpoint", "first_invalid", "resume"]

FORM: Final = 1
"""The form of the JSON; another is folded anew."""

BEYOND: Final = frozenset({"promise", "kept", "breach", "opening"})
"""Types of entry that a checkpoint does not stand for: what is promised is known only when it is due."""

UNGIVEN: Final[Mapping[str, Any]] = Fact._field_defaults


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a fold of an account stopped.

    Attributes:
        policy: the digest of the policy that folded. States have kinds by name, so when the catalog renames kinds,
            checkpoints are void.
        home: the ledger's home currency.
        key: the place of the last entry taken; None before the first.
        states: of each step with state, as JSON.
        failures: what a later recovery may answer, as JSON; none where the policy has no linked recovery.
        amended: the former ids of failures, and their ids now.
        sums: what all entries up to the key add up to.
    """

    policy: str
    home: str
    key: FoldKey | None
    states: tuple[Any, ...]
    failures: tuple[Mapping[str, Any], ...]
    amended: Mapping[str, str]
    sums: Sums

    def holds(self, changed: FoldKey | None) -> bool:
        """Whether it is still right after a change at a place (`first_invalid`); None is no change."""
        return changed is None or self.key is None or self.key < changed

    def to_dict(self) -> dict[str, Any]:
        """Itself as plain dicts, lists, texts and numbers, ready for JSON."""
        key = None if self.key is None else [*self.key[:4], self.key[4].decode(), self.key[5]]
        return {
            "form": FORM,
            "policy": self.policy,
            "home": self.home,
            "key": key,
            "states": list(self.states),
            "failures": [dict(failure) for failure in self.failures],
            "amended": dict(self.amended),
            "sums": [list(each) for each in self.sums],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self | None:
        """What `to_dict` gave; None if it is of another form than this release writes: fold anew."""
        if data["form"] != FORM:
            return None
        key = data["key"]
        return cls(
            policy=data["policy"],
            home=data["home"],
            key=None if key is None else (*key[:4], key[4].encode(), key[5]),
            states=tuple(data["states"]),
            failures=tuple(data["failures"]),
            amended=data["amended"],
            sums=tuple(Sum(*each) for each in data["sums"]),
        )


def can_checkpoint(policy: Policy, in_force: Iterable[Fact]) -> bool:
    """Whether a fold can be gone on with from after these facts, instead of being folded anew.

    Every decay must be a sum of exponentials, and no promise, no `Kept` and no opening be among them; what comes later
    may be of any type.
    """
    return policy.decay.exponential and not any(fact.type in BEYOND for fact in in_force)


def checkpoint(folding: Fold) -> Checkpoint:
    """Where a fold stands now, after the last entry that it took.

    Raises:
        PolicyError: if this account cannot be gone on with under this policy (`can_checkpoint`), or a step's state
            has no JSON.

    Example:
        >>> from goodwill import presets
        >>> late = Fact("e1", 1, "withdrawal", "ada", "late_delivery", 0, 0)
        >>> policy, history = presets.double_deviation(), History([late], as_of_us=0)
        >>> folding = Fold(policy, history, "USD")
        >>> folding.take_all(history.in_force)
        >>> stopped = checkpoint(folding)
        >>> again = late._replace(id="e2", seq=2, occurred_us=86_400_000_000)
        >>> later = resume(policy, stopped, [again], as_of_us=86_400_000_000)
        >>> later.valued["e2"].worth < folding.valued["e1"].worth  # a failure after a failure
        True
    """
    policy = folding.policy
    taken = [fact for fact in folding.history.in_force if folding.key is not None and not is_after(folding.key, fact)]
    if not can_checkpoint(policy, taken):
        raise PolicyError(
            "a fold under decays that are no sums of exponentials, or of promises or openings, cannot stop and go on; "
            "ask can_checkpoint first, and fold such accounts anew"
        )
    failures = {**folding.failures, **answerable(folding)}
    amended = folding.history.amended()
    entries = ((entry.worth, entry.decay, entry.fact.occurred_us) for entry in folding.valued.values())
    return Checkpoint(
        policy=policy.digest,
        home=folding.home,
        key=folding.key,
        states=tuple(
            step.dump_state(state) for step, state in zip(policy.valuation.folded, folding.states, strict=True)
        ),
        failures=tuple(map(dumped, failures.values())),
        amended={former: now for former, now in amended.items() if now in failures},
        sums=joined(folding.earlier, sum_up(entries)),
    )


def resume(policy: Policy, stopped: Checkpoint, facts: Iterable[Fact], as_of_us: int) -> Fold:
    """The fold gone on with over later facts; its `valued` are those alone.

    Args:
        policy: the one that folded so far.
        stopped: where it stopped.
        facts: all that happened after the checkpoint's key and up to the instant, with their reversals, in any order.
            Others than those change nothing.
        as_of_us: the instant of reading.

    Raises:
        PolicyError: if another policy made the checkpoint.
    """
    if policy.digest != stopped.policy:
        raise PolicyError(
            f"the checkpoint was made under the policy {stopped.policy[:8]}, not {policy.digest[:8]}; fold anew"
        )
    failures = [loaded(policy, failure) for failure in stopped.failures]
    later = [fact for fact in facts if fact.type == "reversal" or is_after(stopped.key, fact)]
    known = [*(failure.fact for failure in failures), *later]
    folding = Fold(policy, History(known, as_of_us, amended=stopped.amended), stopped.home)
    folding.states = [
        step.load_state(state) for step, state in zip(policy.valuation.folded, stopped.states, strict=True)
    ]
    folding.failures = {failure.fact.id: failure for failure in failures}
    folding.key, folding.earlier = stopped.key, stopped.sums
    folding.take_all(fact for fact in folding.history.in_force if is_after(stopped.key, fact))
    return folding


def first_invalid(*changed: Fact) -> FoldKey | None:
    """The place from which on a change of the facts may change worths; None if it changes none.

    Args:
        changed: the facts that are there now and were not, or the other way round. Of an append the entry, of a
            reversal the entry that it takes out, of an amendment both that one and its replacement, of a merge all
            facts of the names that join or leave.

    Raises:
        ValueError: if one is itself a reversal, which has no place.

    Example:
        >>> late = Fact("e1", 1, "withdrawal", "ada", "late_delivery", 500, 0)
        >>> call = Fact("e2", 2, "observation", "ada", "call", 100, 0)
        >>> first_invalid(late, call)[0], first_invalid(call)
        (500, None)
    """
    if any(fact.type == "reversal" for fact in changed):
        raise ValueError("a reversal has no place in the order of facts; give the entry that it takes out")
    return min((fold_order(fact) for fact in changed if fact.type != "observation"), default=None)


def is_after(key: FoldKey | None, fact: Fact) -> bool:
    """Whether a fact comes after a place."""
    return key is None or fold_order(fact) > key


def answerable(folding: Fold) -> dict[str, Valued]:
    """The failures that a later recovery may answer: every loss, since also what is given back whole is no gift."""
    if folding.policy.valuation.recovery is None:
        return {}
    return {
        name: entry
        for name, entry in folding.valued.items()
        if DIRECTIONS[entry.fact.type] == "withdrawal" and no_loss(entry) is None
    }


def dumped(failure: Valued) -> dict[str, Any]:
    """A failure as JSON; of its fact what is not the default."""
    fact = failure.fact._replace(dimensions=dict(failure.fact.dimensions), in_response_to=None)
    return {
        "fact": {name: value for name, value in fact._asdict().items() if value != UNGIVEN.get(name)},
        "worth": failure.worth,
        "plain": failure.plain,
        "compensation": failure.compensation,
        "returned": failure.returned,
    }


def loaded(policy: Policy, plain: Mapping[str, Any]) -> Valued:
    """The failure of what `dumped` gave."""
    fact = Fact(**plain["fact"])
    decay = policy.decay.pick(fact.kind, DIRECTIONS[fact.type], fact.severity, fact.dimensions)
    amounts = {name: amount for name, amount in plain.items() if name != "fact"}
    return Valued(fact, decay.at(fact.occurred_us), **amounts)


def joined(one: Sums, other: Sums) -> Sums:
    """Two accounts' sums as one."""
    found = {each.rate: each for each in one}
    for each in other:
        known = found.get(each.rate)
        found[each.rate] = each if known is None else known.plus(each)
    return tuple(each for _, each in sorted(found.items()))
