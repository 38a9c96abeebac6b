"""How far ahead an appraisal looks: until nothing that happens later could be seen in the value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from goodwill import Deposit, Money, Policy, presets
from goodwill.appraisal import Appraisal, AppraisalError, CustomerValue, RetentionLink, appraise
from goodwill.appraisal.looking import looks
from goodwill.decays import CalendarExpiry, Cliff, HalfLife, NoDecay
from goodwill.policies.decay import Decay

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAILY = CustomerValue(margin=Money(1, "USD"), discount=0.0001, period_days=1)
LINK = RetentionLink(base=0.999, slope=0.02)
GIFT = Deposit(account="ada", kind="fee_waived", magnitude=10, currency="USD", occurred_at=NOW)  # without a cost


def fading(decay: Decay) -> Policy:
    return presets.linear().replace(decay=decay)


def daily(decay: Decay, value: CustomerValue = DAILY, entries: tuple[Deposit, ...] = ()) -> Appraisal:
    return appraise(entries, GIFT, value=value, link=LINK, policy=fading(decay), as_of=NOW)


@pytest.mark.parametrize("decay", [Cliff(days=365), CalendarExpiry(months=12), HalfLife(days=30).grace(days=365)])
def test_what_stands_still_for_a_year_and_is_gone_then_is_not_there_for_ever(decay: Decay) -> None:
    found = daily(decay)
    told = daily(decay, DAILY.replace(horizon=12_000))  # looks at all of it
    assert found.change.exact == pytest.approx(told.change.exact, rel=1e-4)
    assert found.change.exact < 0.5 * found.change.if_permanent


def test_what_never_fades_is_settled_at_once() -> None:
    found = daily(NoDecay())
    assert found.change.exact == pytest.approx(found.change.if_permanent)
    assert "unsettled" not in {caveat.code for caveat in found.caveats}


def test_what_is_known_to_happen_later_is_waited_for() -> None:
    later = Deposit(account="ada", kind="fee_waived", cost=Money(50, "USD"), occurred_at=NOW + timedelta(days=200))
    alone = daily(NoDecay())
    both = appraise([], GIFT, value=DAILY, link=LINK, policy=fading(NoDecay()), as_of=NOW, then=[later])
    assert both.change.without > alone.change.without


def test_a_look_beyond_the_calendar_is_refused_and_a_shorter_one_ends_with_it() -> None:
    from_us = int(NOW.timestamp() * 1e6)
    decades = DAILY.replace(period_days=3650)
    assert list(looks(decades, from_us)) == [64, 256, 797]
    with pytest.raises(AppraisalError, match="year 9999"):
        list(looks(decades.replace(horizon=900), from_us))
