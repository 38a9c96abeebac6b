"""What an appraisal says, in words and rows; and as a fragment of HTML for a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from goodwill.domain.money import Money
from goodwill.reports.html import MINUS, listed, moment, number, table

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal
    from goodwill.appraisal.uncertainty import Chance

__all__ = [
    "Row",
    "amount",
    "appraisal",
    "assumptions",
    "at_stake",
    "break_evens",
    "chances",
    "percent",
    "points_left",
    "question",
    "share",
    "verdict",
    "worth",
]

Row = tuple[str, ...]

NEVER: Final = "nothing of the sort would"
TIMINGS: Final = {
    "end_of_period": "margins at the end of each period",
    "immediate": "margins from now on",
    "first_certain": "a first margin for certain, at the end of the first period",
}
FORMS: Final = {"logistic": "binary logit", "cloglog": "complementary log-log of leaving"}
UNCERTAIN: Final = {
    "half_life_factor": "how fast the gesture fades",
    "worth_factor": "what it is worth when it is given",
    "margin_factor": "the margin",
}


def appraisal(appraised: Appraisal) -> str:
    """An appraisal: the verdict, what it rests on, and the caveats.

    Example:
        >>> from goodwill import Deposit, Ledger, Money
        >>> from goodwill.appraisal import CustomerValue, RetentionLink, appraise
        >>> ledger = Ledger.in_memory()
        >>> gesture = Deposit(account="ada", kind="fee_waived", cost=Money(15, "USD"), occurred_at=ledger.clock.now())
        >>> value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> told = appraise(ledger, gesture, value=value, link=RetentionLink(base=0.95, slope=0.02))
        >>> appraisal(told).partition(":")[0]
        '<table><caption><b>Not worth what it costs</b>'
    """
    head, _, rest = verdict(appraised).partition(":")
    rows = [
        *at_stake(appraised),
        *worth(appraised),
        *(("points", f"{when}: {left} ({share})") for when, left, share in points_left(appraised)),
        *((f"breaks even: {what}", needed) for what, needed, _ in break_evens(appraised)),
        *chances(appraised),
        *assumptions(appraised),
    ]
    caption = f"<b>{escape(head)}</b>:{escape(rest)}"
    return table(caption, (), rows) + listed(f"Caveat: {caveat.text}" for caveat in appraised.caveats)


def question(appraised: Appraisal) -> str:
    """What was asked."""
    return f"Is {appraised.gesture.kind} for {appraised.account} worth its cost?"


def verdict(appraised: Appraisal) -> str:
    """The answer, in one sentence."""
    what = f"{appraised.gesture.kind} for {appraised.account}"
    value = appraised.value
    adds = f"takes {amount(-value)} from" if value.is_negative else f"adds {amount(value)} to"
    answer = "Worth more than it costs" if appraised.is_worth_it else "Not worth what it costs"
    return f"{answer}: {what} {adds} what the customer is worth, and costs {amount(appraised.cost)}."


def at_stake(appraised: Appraisal) -> Iterator[Row]:
    """The three numbers of the verdict."""
    yield "cost", amount(appraised.cost)
    yield "value", amount(appraised.value)
    yield "net", amount(appraised.net)


def worth(appraised: Appraisal) -> Iterator[Row]:
    """What else there is to say of what it costs and is worth."""
    yield "worth more than it cost", until(appraised)
    if abs(appraised.expected_cost - float(appraised.cost.amount)) >= 0.5 * 10.0**-appraised.cost.exponent:
        yield "cost, as of today", f"{number(appraised.expected_cost)} {appraised.currency}"
    if appraised.word_of_mouth:
        yield "of the value, word of mouth", f"{number(appraised.word_of_mouth, signed=True)} {appraised.currency}"
    yield "value, to the first order", amount(appraised.first_order)
    yield "value, had it never faded", amount(appraised.if_permanent)


def until(appraised: Appraisal) -> str:
    """Up to when what is left of the gesture is worth more than it cost."""
    even = appraised.break_even
    if even is None:
        return "it costs nothing"
    if even.until is not None:
        return f"until {moment(even.until)}"
    return "for more than a hundred years" if even.for_ever else "never"


def points_left(appraised: Appraisal) -> Iterator[Row]:
    """When, the points that are left of it, and their share of what was bought."""
    bought = appraised.bought
    yield "at once", number(bought), "100%" if bought else ""
    for days, points in appraised.left.items():
        yield f"after {days} days", number(points), share(points / bought) if bought else ""


def break_evens(appraised: Appraisal) -> Iterator[Row]:
    """At what it would be worth just what it costs, each alone: what, how much, and how much it is."""
    even = appraised.break_even
    if even is None:
        return
    yield "points that it buys", needed(even.goodwill), number(appraised.bought)
    yield "slope of the retention link", needed(even.slope, 4), number(appraised.link.slope, digits=4)
    yield "half-life of the gesture, in days", needed(even.half_life, 0), needed(appraised.half_life, 0, "none")


def chances(appraised: Appraisal) -> Iterator[Row]:
    """How sure it is, under which uncertainty."""
    chance = appraised.chance
    if chance is None:
        return
    yield "worth more than it costs", f"in {share(chance.worth_it)} of {chance.draws:,} draws"
    yield "net value, median", amount(chance.middle)
    yield "net value, 5% to 95%", f"{amount(chance.low)} to {amount(chance.high)}"
    yield "drawn from", "; ".join(uncertain(appraised, chance))


def uncertain(appraised: Appraisal, chance: Chance) -> Iterator[str]:
    """What was drawn, and how widely."""
    stated = chance.stated
    error = stated.slope_error if stated.slope_error is not None else appraised.link.slope_error or 0.0
    yield f"slope {number(appraised.link.slope, digits=4)} \N{PLUS-MINUS SIGN} {number(error, digits=4)} (standard error)"
    for name, what in UNCERTAIN.items():
        factor = getattr(stated, name)
        if factor != 1.0:
            yield f"{what}, by a factor of {factor:g}"
    yield f"seed {stated.seed}"


def assumptions(appraised: Appraisal) -> Iterator[Row]:
    """What the numbers rest on."""
    link, value = appraised.link, appraised.customer_value
    source = link.source or "its source was not said"
    yield "slope", f"{number(link.slope, digits=4)} per point, {'fitted' if link.is_fitted else 'given'}: {source}"
    yield "stays at 0 points", f"{percent(link.base, 1)} of periods, {FORMS[link.form]}"
    yield "margin", f"{amount(value.margin)} for a period of {value.period_days:g} days"
    yield "discount", f"{percent(value.discount, 2)} for a period"
    yield "timing", TIMINGS[value.timing]
    yield (
        "horizon",
        "all periods to come" if value.horizon is None else f"{value.horizon:,} period{'s'[value.horizon == 1 :]}",
    )
    yield "half-life of the gesture", needed(appraised.half_life, 0, "none") + (" days" if appraised.half_life else "")
    yield "policy", appraised.policy
    yield "given", moment(appraised.gesture.occurred_at)
    yield "as of", moment(appraised.as_of)


def amount(money: Money) -> str:
    """Money with a typographic minus.

    Example:
        >>> amount(Money("-1234.5", "USD")).replace(MINUS, "-")
        '-1,234.50 USD'
    """
    return f"{MINUS if money.is_negative else ''}{abs(money.amount):,f} {money.currency}"


def percent(share: float, places: int) -> str:
    """A share as a percentage with a typographic minus."""
    return f"{share:.{places}%}".replace("-", MINUS)


def share(part: float) -> str:
    """A share as a percentage; what is nearly all is not called all, nor what is nearly none none.

    Example:
        >>> share(0.9996), share(0.25), share(0.0)
        ('>99%', '25%', '0%')
    """
    return "<1%" if 0.0 < part < 0.005 else ">99%" if 0.995 <= part < 1.0 else percent(part, 0)


def needed(value: float | None, places: int = 2, otherwise: str = NEVER) -> str:
    """A number, or what to say where there is none."""
    return otherwise if value is None else number(value, digits=places)
