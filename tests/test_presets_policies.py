"""The ready-made policies: each builds, prints as code, stores as JSON, and differs as its docstring says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import goodwill
import goodwill.decays
import goodwill.policies.combinators
import goodwill.policies.decay
import goodwill.terms
import goodwill.valuations
from goodwill import Catalog, Deposit, Direction, Kind, Ledger, Observation, Policy, Rate, Withdrawal, presets
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG
from goodwill.testing.policy import check_policy

DAY = datetime(2026, 1, 1, tzinfo=UTC)
POLICIES = [getattr(presets, name) for name in presets.__all__ if name != "service_catalog"]
OTHERS = [make for make in POLICIES if make is not presets.default]
Maker = Callable[..., Policy]


def points(policy: Policy, *events: tuple[int, str, float], day: int = 0, **said: float) -> float:
    """The balance on a day after these events: (day, kind, magnitude)."""
    ledger = Ledger.in_memory(policy, clock=FixedClock(DAY + timedelta(days=9999)))
    for when, kind, magnitude in events:
        form = {"deposit": Deposit, "withdrawal": Withdrawal, "observation": Observation}[
            ledger.catalog[kind].direction
        ]
        given = said if form is Deposit else {}
        ledger.record(
            form(account="ada", kind=kind, magnitude=magnitude, occurred_at=DAY + timedelta(days=when), **given)
        )
    return ledger.balance("ada", as_of=DAY + timedelta(days=day)).points


@pytest.mark.parametrize("make", POLICIES, ids=lambda make: make.__name__)
def test_it_prints_as_code_and_stores_as_json(make: Maker) -> None:
    policy = make()
    combined = (goodwill.policies.combinators, goodwill.policies.decay)
    rooms = (goodwill, goodwill.decays, *combined, goodwill.terms, goodwill.valuations)
    names = {name: value for room in rooms for name, value in vars(room).items()}
    assert eval(repr(policy), names) == policy
    assert Policy.from_json(policy.to_json()) == policy
    assert Policy.from_json(policy.to_json()).digest == policy.digest


@pytest.mark.parametrize("make", POLICIES, ids=lambda make: make.__name__)
def test_it_goes_by_its_own_name_and_says_where_its_numbers_come_from(make: Maker) -> None:
    assert make().name == make.__name__.replace("_", "-")
    assert make().caveats
    words = (make.__doc__ or "").lower()
    assert "published" in words or "convention" in words
    assert ">>>" in words


@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_it_is_another_opinion_than_the_default(make: Maker) -> None:
    assert presets.default().diff(make())
    assert make().digest != presets.default().digest


@pytest.mark.parametrize("make", POLICIES, ids=lambda make: make.__name__)
def test_it_takes_another_catalog(make: Maker) -> None:
    catalog = Catalog([Kind("visit", Direction.DEPOSIT, starter=Rate("event", symbolic=2.0))])
    assert list(make(catalog).valuation.steps[0].rates) == ["visit"]


@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_it_keeps_the_laws_of_a_reading(make: Maker) -> None:
    check_policy(make(CATALOG), examples=5)


def test_tk92_lets_losses_weigh_more() -> None:
    loss = (0, "faulty_product", 1)
    assert points(presets.tk92(), loss) / points(presets.default(), loss) == pytest.approx(2.25 / 1.955)


def test_linear_adds_amounts() -> None:
    halves, whole = [(0, "fee_waived", 5), (0, "fee_waived", 5)], [(0, "fee_waived", 10)]
    assert points(presets.linear(), *halves) == points(presets.linear(), *whole) == 10
    assert points(presets.default(), *halves) > points(presets.default(), *whole)
    assert points(presets.linear(), (0, "unexpected_charge", 10)) == pytest.approx(-19.55)


def test_loyalty_points_stay_whole_until_the_end_of_the_twelfth_month_after() -> None:
    earned = (14, "fee_waived", 10)  # on 15 January 2026, so that they are gone with 1 February 2027
    assert [points(presets.loyalty(), earned, day=day) for day in (14, 395, 396)] == [10, 10, 0]
    assert points(presets.loyalty(), (0, "unexpected_charge", 10)) == -10
    assert points(presets.loyalty(months=1), earned, day=59) == 0


def test_grace21_forgets_nothing_for_three_weeks() -> None:
    gift = (0, "upgrade", 1)
    first = points(presets.grace21(), gift)
    assert points(presets.grace21(), gift, day=21) == first
    assert points(presets.grace21(), gift, day=105) == pytest.approx(first / 2)
    assert points(presets.default(), gift, day=21) < first


def test_entitlement_makes_an_omission_hurt() -> None:
    given = [(day, "upgrade", 1) for day in (0, 30, 60)]
    before = points(presets.entitlement(), *given, day=90)
    assert points(presets.entitlement(), *given, (90, "upgrade", 0), day=90) < before
    assert points(presets.default(), *given, (90, "upgrade", 0), day=90) == points(presets.default(), *given, day=90)


def test_habituation_wears_a_gesture_out() -> None:
    once, twice = (points(presets.habituation(), *[(0, "thank_you", 1)] * times) for times in (1, 2))
    assert twice / once == pytest.approx(1.6065, abs=1e-4)


def test_double_deviation_adds_half_of_a_fresh_failure() -> None:
    once, twice = (points(presets.double_deviation(), *[(0, "faulty_product", 1)] * times) for times in (1, 2))
    assert twice / once == pytest.approx(2.5)


def test_honeymoon_starts_every_account_with_something() -> None:
    seen = (0, "contact", 1)
    assert [points(presets.honeymoon(), seen, day=day) for day in (0, 30, 90)] == [20, 20, 10]
    assert points(presets.honeymoon(points=7), seen) == 7
    assert points(presets.default(), seen) == 0


def test_heroics_fade_more_slowly_than_everything_else() -> None:
    for kind, ratio in {"service_heroics": 5.6, "upgrade": 1.0}.items():
        ours, theirs = (points(make(), (0, kind, 1), day=365) for make in (presets.heroics, presets.default))
        assert ours / theirs == pytest.approx(ratio, abs=0.05)
    assert list(presets.heroics(kinds=("upgrade",)).decay.by_kind) == ["upgrade"]


def test_sincere_only_buys_nothing_with_money_and_nothing_with_a_script() -> None:
    policy = presets.sincere_only()
    assert points(policy, (0, "fee_waived", 100)) == 0
    assert points(policy, (0, "sincere_compliment", 1)) == points(presets.default(), (0, "sincere_compliment", 1)) > 0
    assert points(policy, (0, "sincere_compliment", 1), sincerity=0.0) == 0
    assert points(policy, (0, "dispute", 1)) == points(presets.default(), (0, "dispute", 1)) < 0
    assert policy.valuation.steps[0].rates["callback"] == presets.service_catalog()["callback"].starter


def test_word_of_mouth_is_no_goodwill() -> None:
    assert "tarp" not in presets.__all__
    assert "word of mouth" in (presets.__doc__ or "")
