"""Ready-made catalogs and policies, each with its sources."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from goodwill.decays import HalfLife
from goodwill.domain.kind import Catalog, Direction, Kind, Rate
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Valuation
from goodwill.valuations import LinkedRecovery, Prospect, RateCard, Severity, Sincerity

__all__ = ["default", "service_catalog"]

CAVEATS: Final = (
    (
        "The half-life of 84 days is an analogy from advertising carry-over (academic estimates: 7 to 12 weeks); no "
        "study was found that estimates one from single service gestures. Fit your own before you trust a date."
    ),
    "What each kind is worth is a convention to start from, not evidence.",
)

DEPOSITS: Final = (
    ("fee_waived", "money", Rate("money", material=1.0), "We waived a fee that was due."),
    ("refund", "money", Rate("money", material=1.0, symbolic=0.25), "We gave money back, and owned the mistake."),
    ("credit", "money", Rate("money", material=1.0), "We credited the account or handed out a voucher."),
    ("upgrade", "event", Rate("event", material=8.0, symbolic=2.0), "We gave more than was bought, at no charge."),
    ("pleasant_surprise", "event", Rate("event", material=10.0), "We gave something that nobody expected."),
    ("service_heroics", "event", Rate("event", symbolic=20.0), "Somebody went far out of their way to help."),
    ("genuine_interest", "event", Rate("event", symbolic=4.0), "We asked how they are doing, and listened."),
    ("sincere_compliment", "event", Rate("event", symbolic=5.0), "We said something kind, and meant it."),
    ("unique_knowledge", "event", Rate("event", material=4.0, symbolic=2.0), "We shared what only we could know."),
    ("authentic_enthusiasm", "event", Rate("event", symbolic=3.0), "We were visibly glad about what they do."),
    ("appropriate_humor", "event", Rate("event", symbolic=2.0), "We made them laugh at the right moment."),
    ("thank_you", "event", Rate("event", symbolic=2.0), "We thanked them, by name and for something."),
    ("follow_up", "event", Rate("event", material=1.0, symbolic=3.0), "We came back to ask whether all is well now."),
    ("kept_promise", "event", Rate("event", material=3.0, symbolic=3.0), "We did what we had said, when we had said."),
    ("problem_resolved", "event", Rate("event", material=8.0, symbolic=2.0), "We solved what they came to us with."),
    ("easy_cancellation", "event", Rate("event", material=3.0, symbolic=3.0), "We let them go at the first asking."),
)
WITHDRAWALS: Final = (
    ("late_delivery", "day", Rate("unit", material=4.0), "We delivered later than promised; the magnitude is days."),
    ("faulty_product", "event", Rate("event", material=12.0), "What we delivered did not work."),
    ("dispute", "event", Rate("event", material=10.0, symbolic=5.0), "We argued with them over who is right."),
    ("disputed_charge", "money", Rate("money", material=1.0), "They contest an amount that we charged."),
    ("unexpected_charge", "money", Rate("money", material=1.0), "We charged what they had no reason to expect."),
    ("unanswered_message", "message", Rate("unit", symbolic=3.0), "They wrote or called, and nobody answered."),
    ("rude_encounter", "event", Rate("event", symbolic=9.0), "Somebody of ours was rude to them."),
    ("scripted_encounter", "event", Rate("event", symbolic=3.0), "They were read a script instead of being helped."),
    ("repeated_contact", "event", Rate("event", material=4.0, symbolic=2.0), "They had to ask again for one problem."),
    ("cancelled_order", "event", Rate("event", material=10.0), "We called off an order that we had accepted."),
    ("failed_promise", "event", Rate("event", material=6.0, symbolic=6.0), "We did not do what we had said."),
    ("complaint", "event", Rate("event", symbolic=6.0), "They complained; what they complain of is its own entry."),
)
OBSERVATIONS: Final = (
    Kind(
        "purchase",
        Direction.OBSERVATION,
        "money",
        contact=True,
        meaning="They bought; the magnitude is what they paid.",
    ),
    Kind("contact", Direction.OBSERVATION, contact=True, meaning="They were in touch with us, or we with them."),
    Kind("review", Direction.OBSERVATION, "star", meaning="They rated us; the magnitude is stars."),
    Kind("churn", Direction.OBSERVATION, meaning="They left."),
)
TYPICAL: Final = {"unanswered_message": Decimal(1)}


def service_catalog() -> Catalog:
    """The kinds that writing on service names: 16 deposits, 12 withdrawals, 4 observations.

    Each kind has a unit, a starter rate and one line on what it means. **The starter rates are convention**: no
    published number stands behind any of them (grade C), and yours should replace them, by a policy's rate card or
    by fitting to outcomes. One point is what one unit of the policy's currency buys when it is handed over, so money
    kinds are worth their amount; the others are sized for a currency whose unit is near a US dollar (one day late: 4
    points; a sincere compliment: 5; a rescue: 20), and want scaling in yen or dong.

    A late delivery must say its days; of messages one is meant where no number is given; purchases and the money
    kinds need an amount. Entries that end a silence: every deposit and withdrawal, a purchase, a contact.

    Example:
        >>> catalog = service_catalog()
        >>> catalog["late_delivery"].starter
        Rate('unit', material=4.0)
        >>> [name for name, kind in catalog.items() if kind.is_money]
        ['fee_waived', 'refund', 'credit', 'disputed_charge', 'unexpected_charge', 'purchase']
    """
    valued = [
        Kind(name, direction, unit, TYPICAL.get(name), meaning=meaning, starter=starter)
        for direction, rows in ((Direction.DEPOSIT, DEPOSITS), (Direction.WITHDRAWAL, WITHDRAWALS))
        for name, unit, starter, meaning in rows
    ]
    return Catalog([*valued, *OBSERVATIONS])


def default(catalog: Catalog | None = None) -> Policy:
    """The policy to start from: every block that is on rests on a published number, all others are off.

    Half-life 84 days (12 weeks): the upper end of academic advertising carry-over, 7 to 12 weeks; 4.9% is left after
    a year, near "experiences within the past year" (Bolton, Lemon & Bramlett 2006). Equal for both directions, since
    the evidence on bad events fading slower conflicts. Value function: alpha = beta = 0.88 (Tversky & Kahneman 1992),
    loss aversion 1.955 (Brown, Imai, Vieider & Camerer 2024). Recovery: concave, at most all of the loss (Gelbrich,
    Gaethke & Gregoire 2015; Knox & van Oest 2014). `print(presets.default())` shows it with its caveats.

    Args:
        catalog: whose starter rates make the rate card; `service_catalog()` where none is given.

    Example:
        >>> policy = default()
        >>> policy.policy_class, policy.is_additive
        ('linked', True)
        >>> policy.decay.default
        HalfLife(days=84.0)
    """
    catalog = service_catalog() if catalog is None else catalog
    steps = (RateCard.from_catalog(catalog), Sincerity(), Prospect(), Severity(), LinkedRecovery())
    return Policy(
        name="default",
        description="published numbers where there are any, everything else off",
        caveats=CAVEATS,
        valuation=Valuation(steps=steps),
        decay=HalfLife(days=84),
    )
