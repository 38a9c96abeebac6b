"""Ready-made policies: the default, and the default with one opinion more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from goodwill.decays import CalendarExpiry, HalfLife
from goodwill.domain.kind import Catalog, Direction
from goodwill.policies.combinators import blend
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.valuation import Step, Valuation
from goodwill.presets.catalog import service_catalog
from goodwill.terms import Endowment
from goodwill.valuations import (
    DoubleDeviation,
    Expectation,
    Habituation,
    LinkedRecovery,
    Prospect,
    RateCard,
    Severity,
    Sincerity,
)

__all__ = [
    "default",
    "double_deviation",
    "entitlement",
    "grace21",
    "habituation",
    "heroics",
    "honeymoon",
    "linear",
    "loyalty",
    "sincere_only",
    "tk92",
]

CAVEATS: Final = (
    (
        "The half-life of 84 days is an analogy from advertising carry-over (academic estimates: 7 to 12 weeks); no "
        "study was found that estimates one from single service gestures. Fit your own before you trust a date."
    ),
    "What each kind is worth is a convention to start from, not evidence.",
)


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


def tk92(catalog: Catalog | None = None) -> Policy:
    """The loss aversion of the first study, 2.25 (Tversky & Kahneman 1992, Journal of Risk and Uncertainty 5:297).

    Published, from 25 students; the meta-analysis behind the default's 1.955 has 607 estimates, and its 95% interval,
    1.820 to 2.102, leaves 2.25 out. For comparison with older work.

    Example:
        >>> print(*default().diff(tk92()))
        valuation.steps[2].loss_aversion: 1.955 -> 2.25
    """
    return _default_with("tk92", "the value function of 1992", catalog, Prospect(loss_aversion=2.25))


def linear(catalog: Catalog | None = None) -> Policy:
    """No diminishing sensitivity: twice as much is twice as good, and losses still weigh 1.955 times a gain.

    Loss aversion is published (Brown, Imai, Vieider & Camerer 2024); the straight line is a convention, for those who
    want amounts to add up: two half fees waived are then worth one fee waived.

    Example:
        >>> print(*default().diff(linear()), sep="; ")
        valuation.steps[2].alpha: 0.88 -> 1.0; valuation.steps[2].beta: 0.88 -> 1.0
    """
    return _default_with("linear", "amounts add up, losses loom larger", catalog, Prospect(alpha=1.0, beta=1.0))


def loyalty(catalog: Catalog | None = None, *, months: int = 12, tz: str = "UTC") -> Policy:
    """Points as a program counts them: nothing fades, and everything expires at the end of the 12th month after.

    A convention, as programs write it; near to it, experiences of the past year weigh on the renewal of contracts and
    older ones do not (Bolton, Lemon & Bramlett 2006). Worth is linear and losses weigh what gains do, since these
    are counted, not felt.

    Args:
        catalog: whose starter rates make the rate card; `service_catalog()` where none is given.
        months: after how many the points of a month expire.
        tz: whose midnight, an IANA name.

    Example:
        >>> loyalty(tz="Europe/Berlin").decay.default
        CalendarExpiry(months=12, tz='Europe/Berlin')
    """
    counted = Prospect(alpha=1.0, beta=1.0, loss_aversion=1.0)
    return _default_with(
        "loyalty",
        "points that are counted, and expire",
        catalog,
        counted,
        decay=CalendarExpiry(months=months, tz=tz),
        caveats=(CAVEATS[1],),
    )


def grace21(catalog: Catalog | None = None) -> Policy:
    """Nothing is forgotten for three weeks; then a half-life of 84 days.

    Delayed forgetting: awareness of advertising stays for about 3 weeks and then drops, and to ignore that overstates
    forgetting by 39% (Aravindakshan & Naik 2011, Marketing Letters 22:315). The 21 days are published, for
    advertising; that service gestures are like it is an analogy.

    Example:
        >>> grace21().decay.default.age_at(0.5)
        105.0
    """
    return _default_with(
        "grace21", "three weeks before anything fades", catalog, decay=HalfLife(days=84).grace(days=21)
    )


def entitlement(catalog: Catalog | None = None) -> Policy:
    """What comes again and again is expected: a gesture is worth what goes beyond that, and its omission hurts.

    Delight raises the bar (Rust & Oliver 2000); favors start gratitude and entitlement at once (Wetzel, Hammerschmidt
    & Zablah 2014); people learn by the error of their expectation (Rescorla & Wagner 1972). Directions are published;
    learning rate 0.2, kappa 0.5 and half-life 180 days are a convention. An omitted gesture is recorded with
    magnitude 0.

    Example:
        >>> entitlement().policy_class, entitlement().state_size
        ('folded', 'per open failure')
    """
    expected = Expectation(rate=0.2, kappa=0.5, half_life=180)
    caveat = "How fast expectations are learned and how much they take off are conventions."
    return _default_with("entitlement", "what comes often is expected", catalog, expected, caveats=(*CAVEATS, caveat))


def habituation(catalog: Catalog | None = None) -> Policy:
    """The same gesture wears out: each of its kind takes off 39% of the next one, less with time.

    Response declines with repetition and recovers with rest (Groves & Thompson 1970); repeated apologies backfire
    (Halperin, Ho, List & Muir 2022). Directions are published; eta 0.5 and half-life 84 days are a convention. Not
    beside `Expectation` on the same kind: the two say one thing twice.

    Example:
        >>> [step.tag for step in habituation().valuation.folded]
        ['habituation']
    """
    worn = Habituation(eta=0.5, half_life=84)
    caveat = "How fast a gesture wears out is a convention."
    return _default_with("habituation", "the same gesture wears out", catalog, worn, caveats=(*CAVEATS, caveat))


def double_deviation(catalog: Catalog | None = None) -> Policy:
    """A failure soon after a failure weighs up to half as much again for each that is remembered.

    Prior complaints exacerbate, for a short time (Knox & van Oest 2014, 20,000 customers); after a second failure the
    best recovery does not restore (Maxham & Netemeyer 2002). Directions are published; kappa 0.5 and half-life 42
    days are a convention.

    Example:
        >>> [step.tag for step in double_deviation().valuation.folded]
        ['double_deviation']
    """
    again = DoubleDeviation(kappa=0.5, half_life=42)
    caveat = "How much an earlier failure adds, and for how long, are conventions."
    return _default_with("double-deviation", "failures add up", catalog, again, caveats=(*CAVEATS, caveat))


def honeymoon(catalog: Catalog | None = None, *, points: float = 20.0) -> Policy:
    """A new customer starts with some goodwill: whole for 30 days, then halved every 60.

    Initial assets protect a young relationship (Fichman & Levinthal 1991, Academy of Management Review 16:442). The
    direction is published; all three numbers are a convention.

    Args:
        catalog: whose starter rates make the rate card; `service_catalog()` where none is given.
        points: what an account starts with.

    Example:
        >>> honeymoon(points=15).terms
        (Endowment(points=15.0, decay=Grace(days=30.0, of=HalfLife(days=60.0))),)
    """
    start = Endowment(points=points, decay=HalfLife(days=60).grace(days=30))
    caveat = "What a new customer brings along, and for how long, are conventions."
    return _default_with("honeymoon", "a stock to begin with", catalog, terms=(start,), caveats=(*CAVEATS, caveat))


def heroics(catalog: Catalog | None = None, *, kinds: Sequence[str] = ("service_heroics",)) -> Policy:
    """Heroics last: half of their worth fades like everything else, half with a half-life of a year.

    A few extremely good experiences raise renewal beyond the mean (Bolton, Lemon & Bramlett 2006), and gratitude is a
    short feeling with long effects (Palmatier et al. 2009); against it, what exceeds a promise is worth no more than
    keeping it (Gneezy & Epley 2014). Directions are published and in conflict; halves and year are a convention.

    Args:
        catalog: whose starter rates make the rate card; `service_catalog()` where none is given.
        kinds: which kinds last.

    Example:
        >>> round(heroics().decay.pick("service_heroics", "deposit").share(365), 3)
        0.275
    """
    slow = blend(HalfLife(days=84), HalfLife(days=365), weights=(0.5, 0.5))
    caveat = "How slowly heroics fade is a convention, and that they do is disputed."
    schedule = DecaySchedule(default=HalfLife(days=84), by_kind=dict.fromkeys(kinds, slow))
    return _default_with("heroics", "heroics last longer", catalog, decay=schedule, caveats=(*CAVEATS, caveat))


def sincere_only(catalog: Catalog | None = None) -> Policy:
    """Only what is meant counts: of deposits the material part is worth nothing, and a scripted gesture neither.

    Authenticity matters where the extent of smiling does not (Hennig-Thurau et al. 2006), which is a direction; that
    nothing else matters is a thought to try, and the best evidence is against it: to 1.5 million riders money spoke
    louder than words, and apologies without it were weak (Halperin, Ho, List & Muir 2022). A convention throughout.
    Withdrawals and promises keep both parts.

    Example:
        >>> sincere_only().valuation.steps[0].rates["refund"]
        Rate('money', symbolic=0.25)
    """
    catalog = service_catalog() if catalog is None else catalog
    card = RateCard.from_catalog(catalog)
    deposits = {name: rate for name, rate in card.rates.items() if catalog[name].direction == Direction.DEPOSIT}
    meant = {name: replace(rate, material=0.0) for name, rate in deposits.items()}
    caveat = "That money buys no goodwill is a thought to try; evidence is against it."
    return _default_with(
        "sincere-only",
        "only what is meant counts",
        catalog,
        RateCard(rates={**card.rates, **meant}),
        caveats=(*CAVEATS, caveat),
    )


def _default_with(name: str, description: str, catalog: Catalog | None, *steps: Step, **changes: Any) -> Policy:
    """The default policy with these steps, in place of its own where it has them, and other changes."""
    base = default(catalog)
    by_stage = {step.stage: step for step in (*base.valuation.steps, *steps)}
    valuation = Valuation(steps=tuple(by_stage[stage] for stage in sorted(by_stage)))
    return base.replace(name=name, description=description, valuation=valuation, **changes)
