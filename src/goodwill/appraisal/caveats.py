"""What an appraisal does not know, said with every one."""

from __future__ import annotations

from collections.abc import Iterator

from goodwill.appraisal.appraisal import Caveat
from goodwill.appraisal.parameters import Rates
from goodwill.appraisal.retention import RetentionLink
from goodwill.domain.entry import Deposit
from goodwill.policies.policy import Policy

__all__ = ["caveats"]

ASSUMED = Caveat(
    "slope_assumed",
    "the slope was given: how strongly goodwill weighs on staying is an assumption here, and the value rises with it",
)
ASSOCIATED = Caveat(
    "slope_associational",
    "the slope was fitted to what happened: an association, which may have the wrong sign where angry customers are the "
    "ones who get compensated; only an experiment shows an effect",
)
NEGATIVE = Caveat("slope_negative", "the slope is negative: under it goodwill drives customers away")
COSTLESS = Caveat("no_cost", "the gesture has no cost, so any value is more than it costs")
UNSETTLED = Caveat(
    "unsettled", "the goodwill still moves after the last period that was looked at, and is taken to stay as it is then"
)
CONVERTED = Caveat("converted", "money was converted by the rates that were given")
NOTHING_ELSE = Caveat(
    "nothing_else_happens",
    "nothing else is taken to happen from now on; what happens later changes what the gesture does",
)


def caveats(
    policy: Policy, link: RetentionLink, gesture: Deposit, is_settled: bool, rates: Rates
) -> tuple[Caveat, ...]:
    """What a reader must know before believing an appraisal, those of the policy last."""
    return tuple(said(policy, link, gesture, is_settled, rates))


def said(policy: Policy, link: RetentionLink, gesture: Deposit, is_settled: bool, rates: Rates) -> Iterator[Caveat]:
    """One after another."""
    yield ASSOCIATED if link.is_fitted else ASSUMED
    if link.slope < 0.0:
        yield NEGATIVE
    if gesture.cost is None:
        yield COSTLESS
    if not is_settled:
        yield UNSETTLED
    if rates:
        yield CONVERTED
    yield NOTHING_ELSE
    for text in policy.caveats:
        yield Caveat("policy", text)
