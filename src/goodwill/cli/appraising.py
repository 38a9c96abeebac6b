"""The command that asks whether a gesture is worth its cost: appraise."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue, Timing
from goodwill.cli import verdicts
from goodwill.cli.options import FINE, NO, BadOption, ReadingOptions, command
from goodwill.domain.entry import ABSENT, Deposit, Ref
from goodwill.domain.money import Money

if TYPE_CHECKING:
    from datetime import datetime

    from goodwill.appraisal.uncertainty import Uncertainty

__all__ = ["appraise"]

NO_SLOPE = (
    "no slope: how strongly goodwill weighs on staying is not published, so none is made up; give --slope, as your own "
    "assumption, or fit one to your data in Python with goodwill.appraisal.RetentionLink.from_data"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthOptions(ReadingOptions):
    """What turns points into money."""

    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the draws; the same gives the same.")] = 0
    half_life_factor: Annotated[
        float | None,
        typer.Option(
            "--half-life-factor", metavar="F", help="How uncertain the fading is; 2: between half and twice as fast."
        ),
    ] = None
    slope_error: Annotated[
        float | None, typer.Option("--slope-error", metavar="E", help="The standard error of the slope.")
    ] = None
    horizon: Annotated[
        int | None, typer.Option("--horizon", metavar="N", min=1, help="Count N periods only.", show_default="all")
    ] = None
    timing: Annotated[Timing, typer.Option("--timing", help="When margins are paid.")] = "end_of_period"
    form: Annotated[
        Literal["logistic", "cloglog"], typer.Option("--form", help="Of the link from points to staying.")
    ] = "logistic"
    source: Annotated[
        str, typer.Option("--source", metavar="TEXT", help="Where the slope is from.", show_default="not said")
    ] = ""
    slope: Annotated[
        float | None,
        typer.Option(
            "--slope", metavar="B", help="What a point adds to the logit of staying. Yours; nobody published one."
        ),
    ] = None
    base: Annotated[float, typer.Option("--base", metavar="P", help="The chance to stay for a period, at 0 points.")]
    discount: Annotated[float, typer.Option("--discount", metavar="I", help="For a period; 0.01 is 1%.")]
    period_days: Annotated[float, typer.Option("--period-days", metavar="DAYS", help="How long a period is.")]
    margin: Annotated[str, typer.Option("--margin", metavar="MONEY", help='For a period, such as "20 USD".')]

    def link(self) -> RetentionLink:
        """From goodwill to staying.

        Raises:
            BadOption: without a slope.
            PolicyError: for numbers that it does not take.
        """
        if self.slope is None:
            raise BadOption(NO_SLOPE)
        return RetentionLink(base=self.base, slope=self.slope, form=self.form, source=self.source)

    def value(self) -> CustomerValue:
        """What a customer is worth who stays."""
        return CustomerValue(
            margin=money(self.margin, "--margin"),
            discount=self.discount,
            period_days=self.period_days,
            timing=self.timing,
            horizon=self.horizon,
        )

    def uncertainty(self) -> Uncertainty | None:
        """How uncertain the numbers are; None where nobody said."""
        from goodwill.appraisal import Uncertainty  # noqa: PLC0415 - an extra

        if self.slope_error is None and self.half_life_factor is None:
            return None
        factor = 1.0 if self.half_life_factor is None else self.half_life_factor
        return Uncertainty(slope_error=self.slope_error, half_life_factor=factor, seed=self.seed)


@command
def appraise(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The customer's id, as the host writes it.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What would be given, such as fee_waived.")],
    *,
    cost: Annotated[
        str | None,
        typer.Option("--cost", metavar="MONEY", help='What it costs, such as "14.99 USD".', show_default="0"),
    ] = None,
    magnitude: Annotated[
        float | None, typer.Option("--magnitude", metavar="X", help="How big it is, in the kind's unit.")
    ] = None,
    in_response_to: Annotated[
        str | None, typer.Option("--in-response-to", metavar="REF", help="The reference of what it answers.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.", show_default="no page")
    ] = None,
    options: WorthOptions,
) -> int:
    """Say whether a gesture is worth its cost, now.

    The account is read with it and without it, and nothing is recorded. Needs the extra `appraisal`, --html also `plots`.
    Exits with 1 if the account is unknown.
    """
    link, value = options.link(), options.value()
    price = None if cost is None else money(cost, "--cost")
    if price is not None and price.currency != value.currency:
        raise BadOption(f"--cost {price} and --margin {value.margin} are not mixed; give both in one currency")
    from goodwill.appraisal import appraise as appraised_by  # noqa: PLC0415 - an extra

    if html is not None:
        from goodwill.reports.appraisal_report import write  # noqa: PLC0415 - an extra
    with options.ledger() as ledger, options.screen.busy("replaying the account"):
        now: datetime = options.as_of or ledger.clock.now()
        gesture = Deposit(
            account=account,
            kind=kind,
            magnitude=ABSENT if magnitude is None else Decimal(repr(magnitude)),
            cost=price,
            occurred_at=now,
            in_response_to=None if in_response_to is None else Ref(in_response_to),
        )
        told = appraised_by(
            ledger,
            gesture,
            value=value,
            link=link,
            as_of=now,
            known_at=options.known_at,
            uncertainty=options.uncertainty(),
        )
        is_known = ledger.balance(account, as_of=now, known_at=options.known_at).is_known
    if html is not None:
        write(told, html)
        options.screen.note(f"the page is {html}")
    if options.as_json:
        options.screen.document({**verdicts.document(told), "is_known": is_known})
    else:
        options.screen.show(verdicts.view(told))
    if not is_known:
        options.screen.note(f"unknown account: nothing of {account} is known; this is what a new one would be told")
    return FINE if is_known else NO


def money(text: str, option: str) -> Money:
    """An amount and its currency.

    Raises:
        BadOption: if it is not both.
        InvalidMoney: if it is no such amount.

    Example:
        >>> money("14.99 USD", "--cost")
        Money('14.99', 'USD')
    """
    words = text.split()
    if len(words) != 2:
        raise BadOption(f'{option} {text!r} is not an amount and a currency; write {option} "14.99 USD"')
    return Money(*words)
