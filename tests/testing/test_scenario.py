"""A scenario reads as a story, checks as it goes, and says what went wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goodwill import Direction, Kind, Rate, presets
from goodwill.domain.errors import InvalidPeriod
from goodwill.testing.scenario import Scenario


def test_a_story_is_told_and_checked_in_one_expression() -> None:
    (
        Scenario(presets.default())
        .on("2026-01-05")
        .deposit("fee_waived", cost="14.99 USD")
        .after("3 weeks")
        .withdraw("late_delivery", magnitude=4)
        .expect_overdrawn()
        .after("6 months")
        .expect_balance(pytest.approx(-2.9, abs=0.1))
    )


def test_an_answer_names_its_failure_by_reference() -> None:
    story = Scenario(presets.default()).withdraw("dispute", reference="d").after("2 days")
    story.deposit("refund", cost="15.00 USD", in_response_to="d")
    assert story.ledger.contributions("customer")[1].recovers is not None


def test_a_promise_is_kept_or_broken() -> None:
    catalog = presets.service_catalog().extended(
        Kind("visit", Direction.PROMISE, unit="hour", typical=Decimal(1), starter=Rate("unit", 5))
    )
    policy = presets.default(catalog)
    told = Scenario(policy, catalog=catalog).promise("visit", within="1 week", reference="v")
    told.expect_balance(0.0).after("2 days").keep("v").expect_balance(pytest.approx(5**0.88))
    broken = Scenario(policy, catalog=catalog).promise("visit", within="1 week", reference="v").after("7 days")
    broken.expect_overdrawn().reverse("v").expect_balance(0.0)


def test_a_failed_expectation_shows_what_each_entry_contributes() -> None:
    story = Scenario(presets.default()).on("2026-01-05").deposit("upgrade", reference="u")
    with pytest.raises(AssertionError, match=r"(?s)expected an overdrawn account on 2026-01-05.*upgrade  u"):
        story.expect_overdrawn()
    with pytest.raises(AssertionError, match="the standing 'overdrawn'"):
        story.expect_standing("overdrawn")
    with pytest.raises(AssertionError, match="a balance of 3"):
        story.expect_balance(3)
    story.expect_not_overdrawn().observe("contact")


def test_a_span_that_cannot_be_read_is_refused() -> None:
    for span in ("soon", "3 fortnights", "-1 days", "1.5 weeks"):
        with pytest.raises(InvalidPeriod, match="3 weeks"):
            Scenario(presets.default()).after(span)
