"""A ready-made catalog: the kinds that writing on service names."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from goodwill.domain.kind import Catalog, Direction, Kind, Rate

__all__ = ["service_catalog"]

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
PROMISES: Final = (
    ("callback", "event", Rate("event", material=3.0, symbolic=3.0, kept=0.5), "We said that we would call back."),
    ("repair", "step", Rate("unit", material=5.0), "We said that we would put it right; the magnitude is steps."),
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
VALUED: Final = (
    (Direction.DEPOSIT, DEPOSITS),
    (Direction.WITHDRAWAL, WITHDRAWALS),
    (Direction.PROMISE, PROMISES),
)
TYPICAL: Final = {"unanswered_message": Decimal(1), "repair": Decimal(1)}


def service_catalog() -> Catalog:
    """The kinds that writing on service names: 16 deposits, 12 withdrawals, 2 promises, 4 observations.

    Each kind has a unit, a starter rate and one line on what it means. **The starter rates are convention**: no
    published number stands behind any of them (grade C), and yours should replace them, by a policy's rate card or
    by fitting to outcomes. One point is what one unit of the policy's currency buys when it is handed over, so money
    kinds are worth their amount; the others are sized for a currency whose unit is near a US dollar (one day late: 4
    points; a sincere compliment: 5; a rescue: 20), and want scaling in yen or dong.

    A late delivery must say its days; of messages and steps one is meant where no number is given; purchases and the
    money kinds need an amount. The rate of a promise is what breaking it costs before loss aversion, and its `kept`
    the share of that which keeping it is worth; where nobody records promises, `kept_promise` and `failed_promise`
    say how they ended. Entries that end a silence: every deposit and withdrawal, a kept promise, a purchase, a contact.

    Example:
        >>> catalog = service_catalog()
        >>> catalog["late_delivery"].starter
        Rate('unit', material=4.0)
        >>> [name for name, kind in catalog.items() if kind.is_money]
        ['fee_waived', 'refund', 'credit', 'disputed_charge', 'unexpected_charge', 'purchase']
    """
    valued = [
        Kind(name, direction, unit, TYPICAL.get(name), meaning=meaning, starter=starter)
        for direction, rows in VALUED
        for name, unit, starter, meaning in rows
    ]
    return Catalog([*valued, *OBSERVATIONS])
