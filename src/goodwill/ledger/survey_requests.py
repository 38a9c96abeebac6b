"""What surveying asks of a store: the balances of all accounts at once, where its database can compute them."""

from __future__ import annotations

from typing import NamedTuple

from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

__all__ = ["Explain", "SurveyRequest", "Totals"]


class Totals(NamedTuple):
    """What every account adds up to, but restricted ones; answered by `list[Total]` in any order, or by None.

    None says that the store cannot, and costs no more than a look: the caller folds all entries. What it answers is
    what a fold would, within 1e-9 of the sum of absolute contributions. It may leave accounts to the fold
    (`Total.is_exact`), and with `overdrawn` leave out those whose own entries leave them above zero.

    Attributes:
        policy: with kinds by the names that the catalog has for them today.
        home: the ledger's home currency.
    """

    policy: Policy
    catalog: Catalog
    home: str
    as_of_us: int
    known_us: int | None = None
    overdrawn: bool = False


class Explain(NamedTuple):
    """Which engine answers `Totals` under a policy; answered by a `Plan`, or by None where the store always declines."""

    policy: Policy


SurveyRequest = Totals | Explain
