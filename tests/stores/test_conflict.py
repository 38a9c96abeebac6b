"""A conflict shows both sides: what stands in the ledger, and what was now asked."""

from __future__ import annotations

from decimal import Decimal

from goodwill.domain.errors import GoodwillError
from goodwill.domain.money import Money
from goodwill.stores.conflict import conflict
from goodwill.testing.drafts import deposit, withdrawal


def test_a_conflict_names_every_field_that_differs_and_no_other() -> None:
    original = deposit(reference="r", cost=Money("14.99", "USD"), note="then", actor="eve")
    attempted = deposit("bob", reference="r", magnitude=Decimal("2.5"), note="now", actor="bob")
    error = conflict(original, attempted)
    assert (error.original, error.attempted) == (original, attempted)
    assert (
        "account recorded as ada, now bob, magnitude recorded as 1, now 2.5, cost recorded as 14.99 USD, now None"
        in str(error)
    )
    assert "note" not in str(error)
    assert original.id in str(error)
    assert isinstance(error, GoodwillError | ValueError)


def test_a_conflict_of_types_says_which() -> None:
    error = conflict(deposit(reference="r"), withdrawal(reference="r"))
    assert "a deposit was recorded, now it is a withdrawal" in str(error)


def test_a_conflict_that_only_defaults_hide_says_so() -> None:
    error = conflict(deposit(reference="r"), deposit(reference="r"))
    assert "leaves to defaults what the other says" in str(error)
