"""What an account has by itself, such as for silence, at many instants at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from goodwill.appraisal.changing import Floats
from goodwill.domain.entry import Fact
from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.ledger.reading import Reader
from goodwill.policies.term import Term

__all__ = ["term_points"]


def term_points(reader: Reader, in_force: Iterable[Fact], at_us: Any) -> Floats:
    """The points of all terms together at each instant, as `Reader.terms` has them at one.

    Args:
        reader: whose policy has the terms.
        in_force: the account's facts, breaches among them.
        at_us: the instants, an array of any shape.
    """
    nothing = np.zeros(np.shape(at_us))
    facts = list(in_force) if reader.policy.terms else []
    opened_us = min((fact.occurred_us for fact in facts if fact.type != "breach"), default=None)
    if opened_us is None:
        return nothing
    contacts = np.array([opened_us, *sorted(fact.occurred_us for fact in facts if reader.is_contact(fact))])
    # The opening stands first: without a contact the silence is as old as the account.
    last_us = contacts[np.maximum(np.searchsorted(contacts, at_us, side="right") - 1, 0)]
    open_days, silent_days = ((np.maximum(at_us - since, 0)) / MICROSECONDS_PER_DAY for since in (opened_us, last_us))
    total = sum((amounts(term, open_days, silent_days) for term in reader.policy.terms), nothing)
    return np.where(at_us >= opened_us, total, 0.0)


def amounts(term: Term, open_days: Floats, silent_days: Floats) -> Floats:
    """A term at each pair of ages; of one without arrays, pair after pair."""
    if "numpy" in term.runs_on:
        found: Any = term.amount(open_days, silent_days)
        return np.asarray(found, dtype=np.float64)
    pairs = zip(open_days.ravel().tolist(), silent_days.ravel().tolist(), strict=True)
    return np.array([term.amount(*pair) for pair in pairs]).reshape(open_days.shape)
