"""The kit: laws of a family as plain functions, and what runs them on your own members (goodwill[testing]).

Imports everything below it, and hypothesis.
"""

from goodwill.policies.component import preserved_registry
from goodwill.testing.decay import check_decay
from goodwill.testing.examples import example_of
from goodwill.testing.lag import check_lag
from goodwill.testing.operands import check_operands
from goodwill.testing.operator import check_operator
from goodwill.testing.policy import check_policy, check_term, check_valuation

__all__ = [
    "check_decay",
    "check_lag",
    "check_operands",
    "check_operator",
    "check_policy",
    "check_term",
    "check_valuation",
    "example_of",
    "preserved_registry",
]
