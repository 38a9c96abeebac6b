"""The kit: laws of a family as plain functions, and `check_decay`, which runs them on your own (goodwill[testing]).

Imports everything below it, and hypothesis.
"""

from goodwill.policies.component import preserved_registry
from goodwill.testing.decay import check_decay

__all__ = ["check_decay", "preserved_registry"]
