"""What the job that keeps readings asks of a store, and those who read them: a store answers that has `standings=True`.

`goodwill.ledger.standings` says what a kept reading is for, `goodwill.ledger.kept` what is in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from goodwill.domain.crossing import Crossing
from goodwill.domain.entry import Fact
from goodwill.domain.history import FoldKey
from goodwill.ledger.kept import KeptReading, Stop
from goodwill.ledger.ports import Writing

__all__ = [
    "AddPolicy", "DropPolicy", "Due", "Keep", "Kept", "KeptPolicies", "KeptPolicy", "KeptRequest", "Numbered", "Pending",
    "PendingRow", "Ranked", "SetPolicy", "Stops", "Taken", "Unbuilt", "Waiting",
]  # fmt: skip


class KeptPolicy(NamedTuple):
    """A policy that readings are kept for.

    Attributes:
        id: the store's own number.
        digest, name, document: of the policy; the document is its JSON.
        read_with: a digest of what else its kept readings depend on.
        added_us: since when it is kept.
        ready_us: since when readers use it; None while it is built.
        built_id: how far a build has come, by the store's number of an account; None where none is under way.
    """

    id: int
    digest: str
    name: str
    document: str
    read_with: str
    added_us: int
    ready_us: int | None = None
    built_id: int | None = None


class KeptPolicies(NamedTuple):
    """The policies that readings are kept for; answered by `list[KeptPolicy]`, in the order in which they were added.

    With `hold`, no other job changes a kept reading of this ledger until the transaction ends. Writers of facts do not
    wait for that.
    """

    hold: bool = False


@Writing.register
class AddPolicy(NamedTuple):
    """Keep readings for a policy from now on; answered by None. One that is kept already stays as it is."""

    policy: KeptPolicy


@Writing.register
class SetPolicy(NamedTuple):
    """Say how far a kept policy is; answered by None."""

    policy: KeptPolicy


@Writing.register
class DropPolicy(NamedTuple):
    """Keep no readings for a policy any longer; answered by None."""

    policy: KeptPolicy


class Kept(NamedTuple):
    """What is kept of customers under a policy, with what is pending for them; answered by `Mapping[str, Held]`.

    One reading is of one moment: nothing is in it and pending too, and nothing is in neither. The answer has no reading
    that was made with another `read_with`; nor, but with `building`, one of a policy that is not ready.

    Attributes:
        names: by the name that answers, all names of the customer.
    """

    digest: str
    read_with: str
    names: Mapping[str, Sequence[str]]
    building: bool = False


class PendingRow(NamedTuple):
    """Something that was written and is in no kept reading yet.

    Attributes:
        id: the store's own number.
        account: the name that it was written under.
        fact: the entry; None where something else changed what the account adds up to.
        is_plain: whether it can be added to a sum by itself.
    """

    id: int
    account: str
    fact: Fact | None
    is_plain: bool


class Pending(NamedTuple):
    """What is in no kept reading yet, the oldest first; answered by `list[PendingRow]`.

    Of these names alone, where any are given; else at most `limit` of all.
    """

    names: Sequence[str] | None = None
    limit: int = 1000


class Waiting(NamedTuple):
    """The names for which something is in no kept reading yet; answered by `list[str]`."""


class Numbered(NamedTuple):
    """A page of the names that have ever been written, by their accounts' numbers; answered by `list[(int, str)]`."""

    after: int
    limit: int


class Unbuilt(NamedTuple):
    """How many names a build has still to take in, from an account's number on; answered by `int`."""

    after: int


class Due(NamedTuple):
    """The customers whose kept reading has to be looked at again by an instant; answered by `list[str]`."""

    digest: str
    at_us: int
    limit: int | None = None


class Ranked(NamedTuple):
    """The customers who may be overdrawn by what is kept; answered by `list[str] | None`.

    With a limit, the lowest by their rank keys. Restricted ones are left out. None where the policy is not ready, or
    was read with something else.
    """

    digest: str
    read_with: str
    limit: int | None = None


class Stops(NamedTuple):
    """The last stop of each customer's fold before a place; answered by `Mapping[str, Stop]`, only of who has one.

    Attributes:
        policy: under which.
        before: by the name that answers, an instant; its own entries are not before it.
    """

    policy: KeptPolicy
    before: Mapping[str, int]


@Writing.register
class Keep(NamedTuple):
    """Keep readings in the place of what was kept for these customers, and tell of crossings; answered by None.

    Attributes:
        policy: under which.
        readings: by the name that answers; None where there is nothing to keep.
        names: all names of each.
        gone: names that no longer answer for themselves.
        crossings: what to tell.
        changed: from which place on each customer's stops are void; None of all of them.
        stops: where folds stopped now.
    """

    policy: KeptPolicy
    readings: Mapping[str, KeptReading | None]
    names: Mapping[str, Sequence[str]]
    gone: Sequence[str] = ()
    crossings: Sequence[Crossing] = ()
    changed: Mapping[str, FoldKey | None] = MappingProxyType({})
    stops: Mapping[str, Sequence[Stop]] = MappingProxyType({})


@Writing.register
class Taken(NamedTuple):
    """Forget these very pending rows, which are in the kept readings now; answered by None."""

    ids: Sequence[int]


KeptRequest = (
    KeptPolicies
    | AddPolicy
    | SetPolicy
    | DropPolicy
    | Kept
    | Pending
    | Waiting
    | Numbered
    | Unbuilt
    | Due
    | Ranked
    | Stops
    | Keep
    | Taken
)
