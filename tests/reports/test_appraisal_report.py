"""An appraisal as a page: one file that loads nothing, well formed, escaped, with the numbers of the appraisal."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from goodwill import Deposit, Ledger, Money
from goodwill.appraisal import Appraisal, CustomerValue, RetentionLink, Uncertainty, WordOfMouth, appraise
from goodwill.domain.errors import WrongType
from goodwill.reports import appraising
from goodwill.reports.appraisal_report import appraisal_report, write

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NASTY = '<script>alert("1 & 2")</script>'
MINUS = "\N{MINUS SIGN}"
VALUE = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)


def appraised(
    cost: str | None = "14.99", slope: float = 0.02, account: str = "ada", value: CustomerValue = VALUE, **more: Any
) -> Appraisal:
    ledger = Ledger.in_memory()
    ledger.withdraw(account, "late_delivery", 2, occurred_at=NOW - timedelta(days=3))
    gesture = Deposit(
        account=account, kind="fee_waived", magnitude=None if cost else 5.0, occurred_at=more.pop("given", NOW),
        cost=None if cost is None else Money(cost, "USD"),
    )  # fmt: skip
    link = RetentionLink(base=0.95, slope=slope, source=more.pop("source", "an assumption of ours"))
    return appraise(ledger, gesture, value=value, link=link, as_of=NOW, **more)


class Page(HTMLParser):
    """What a browser reads: that every element ends where it must, its cells, links, images and texts."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(written)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "img"}:
            self.stack.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.text += data
        if self.stack and self.stack[-1] in {"td", "th"}:
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def told() -> Appraisal:
    return appraised(uncertainty=Uncertainty(slope_error=0.01, half_life_factor=2.0, draws=200, seed=7))


@pytest.fixture(scope="module")
def written(told: Appraisal) -> str:
    return appraisal_report(told)


@pytest.fixture(scope="module")
def page(written: str) -> Page:
    return Page(written)


def test_it_loads_nothing_and_runs_nothing(written: str, page: Page) -> None:
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    assert "://" not in written
    assert "url(" not in written
    assert "@import" not in written
    (image,) = page.all("img")
    assert str(image["src"]).startswith("data:image/svg+xml;base64,")


def test_its_picture_is_one_that_loads_nothing_either(page: Page) -> None:
    (image,) = page.all("img")
    picture = ET.fromstring(b64decode(str(image["src"]).partition(",")[2]))
    targets = [value for each in picture.iter() for name, value in each.attrib.items() if name.endswith("href")]
    assert targets
    assert all(target.startswith("#") for target in targets)
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))


def test_it_answers_in_one_sentence(told: Appraisal, page: Page) -> None:
    assert (
        f"Not worth what it costs: fee_waived for ada adds {told.value} to what the customer is worth, and costs 14.99 USD."
        in page.text
    )
    assert not told.is_worth_it
    worth_it = appraised(cost="0.99", slope=0.2)
    assert worth_it.is_worth_it
    assert appraising.verdict(worth_it).startswith("Worth more than it costs: fee_waived for ada adds ")
    harmful = appraised(slope=-0.02)
    assert harmful.value.is_negative
    assert f"takes {-harmful.value} from" in appraising.verdict(harmful)


def test_it_shows_the_money_the_points_and_where_it_breaks_even(told: Appraisal, page: Page) -> None:
    for name, money in (("cost", told.cost), ("value", told.value), ("net", told.net)):
        assert f"{name}{str(money).replace('-', MINUS)}" in page.text
    assert told.break_even is not None
    assert told.break_even.half_life is not None
    assert ["worth more than it cost", "never"] in page.rows
    assert ["value, had it never faded", str(told.if_permanent)] in page.rows
    assert ["at once", f"{told.bought:.2f}", "100%"] in page.rows
    for days, left in told.left.items():
        assert [f"after {days} days", f"{left:.2f}", f"{left / told.bought:.0%}"] in page.rows
    assert ["points that it buys", f"{told.break_even.goodwill:.2f}", f"{told.bought:.2f}"] in page.rows
    assert ["slope of the retention link", f"{told.break_even.slope:.4f}", "0.0200"] in page.rows
    assert ["half-life of the gesture, in days", f"{told.break_even.half_life:.0f}", "84"] in page.rows


def test_every_period_of_the_path_is_a_row(told: Appraisal, page: Page) -> None:
    (start,) = [place for place, row in enumerate(page.rows) if row[0] == "end of the period"]
    rows = page.rows[start + 1 : start + 1 + len(told.retention)]
    for stay, (_, *shown) in zip(told.retention, rows, strict=True):
        numbers = stay.goodwill_without, stay.goodwill_with
        points = [f"{round(number, 2) + 0.0:.2f}".replace("-", MINUS) for number in numbers]
        assert shown == [f"{stay.without:.2%}", f"{stay.with_it:.2%}", *points]


def test_it_says_how_sure_it_is_and_what_that_was_drawn_from(told: Appraisal, page: Page) -> None:
    assert told.chance is not None
    shown = dict(row for row in page.rows if len(row) == 2)
    assert shown["worth more than it costs"] == f"in {told.chance.worth_it:.0%} of 200 draws"
    assert shown["net value, 5% to 95%"] == f"{told.chance.low} to {told.chance.high}".replace("-", MINUS)
    assert "0.0200 \N{PLUS-MINUS SIGN} 0.0100 (standard error)" in shown["drawn from"]
    assert "how fast the gesture fades, by a factor of 2; seed 7" in shown["drawn from"]
    assert "No uncertainty was stated" in Page(appraisal_report(appraised())).text


def test_it_shows_every_assumption_and_every_caveat(told: Appraisal, page: Page) -> None:
    shown = dict(row for row in page.rows if len(row) == 2)
    assert shown["slope"] == "0.0200 per point, given: an assumption of ours"
    assert shown["stays at 0 points"] == "95.0% of periods, binary logit"
    assert shown["margin"] == "20.00 USD for a period of 30 days"
    assert (shown["discount"], shown["horizon"]) == ("1.00% for a period", "all periods to come")
    assert shown["timing"] == "margins at the end of each period"
    assert (shown["half-life of the gesture"], shown["policy"]) == ("84 days", told.policy)
    assert len(page.all("li")) == len(told.caveats)
    assert all(caveat.text in page.text for caveat in told.caveats)


def test_what_is_of_some_appraisals_only_is_on_their_pages_only() -> None:
    later = appraised(
        given=NOW + timedelta(days=90),
        word_of_mouth=WordOfMouth(told_if_overdrawn=10, shift=0.01),
        value=VALUE.replace(horizon=1, timing="first_certain"),
    )
    shown = dict(row for row in Page(appraisal_report(later)).rows if len(row) == 2)
    assert float(shown["cost, as of today"].split()[0]) == pytest.approx(later.expected_cost, abs=0.005)
    assert shown["of the value, word of mouth"].startswith("+")
    assert shown["horizon"] == "1 period"
    free = Page(appraisal_report(appraised(cost=None)))
    assert ["worth more than it cost", "it costs nothing"] in free.rows
    assert "Where it breaks even" not in free.text


def test_until_when_it_is_worth_more_than_it_cost() -> None:
    worth_it = appraised(cost="4.99", slope=0.1)
    assert worth_it.break_even is not None
    assert worth_it.break_even.until is not None
    assert appraising.until(worth_it) == f"until {appraising.moment(worth_it.break_even.until)}"


def test_what_the_host_wrote_is_never_markup() -> None:
    nasty = appraised(account=NASTY, source=NASTY)
    page = Page(appraisal_report(nasty))
    assert page.all("script") == []
    assert f"Is fee_waived for {NASTY} worth its cost?" in page.text
    assert f"given: {NASTY}" in page.text
    fragment = ET.fromstring(f"<div>{appraising.appraisal(nasty)}</div>")
    assert NASTY in "".join(fragment.itertext())
    assert {each.tag for each in fragment.iter()} <= {"div", "table", "caption", "b", "tbody", "tr", "td", "ul", "li"}


def test_it_is_read_without_the_eye_on_paper_and_in_the_dark(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert len(page.all("h1")) == 1
    assert all(each.get("scope") in {"row", "col"} for each in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    (image,) = page.all("img")
    assert "with the gesture" in str(image["alt"])
    assert "" not in [cell for row in page.rows for cell in row]
    style = files("goodwill.reports").joinpath("page.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


@pytest.mark.parametrize(
    ("ink", "paper"), [("ink", "paper"), ("muted", "paper"), ("ink", "raised"), ("muted", "raised")]
)
def test_its_letters_stand_out_in_light_and_dark(ink: str, paper: str) -> None:
    """WCAG 2.2, success criterion 1.4.6: a contrast of at least 7 to 1."""
    style = files("goodwill.reports").joinpath("page.css").read_text(encoding="utf-8")
    inks, papers = (re.findall(rf"--{name}: #(\w+);", style) for name in (ink, paper))
    assert len(inks) == 3  # light, dark, print
    for one, other in zip(inks, papers, strict=True):
        dark, light = sorted((luminance(one), luminance(other)))
        assert (light + 0.05) / (dark + 0.05) >= 7.0


def luminance(hexadecimal: str) -> float:
    """The relative luminance of a color, by WCAG 2.2."""
    digits = hexadecimal if len(hexadecimal) == 6 else "".join(2 * digit for digit in hexadecimal)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_same_appraisal_is_the_same_file(told: Appraisal, written: str, tmp_path: Path) -> None:
    write(told, tmp_path / "appraisal.html")
    assert (tmp_path / "appraisal.html").read_text(encoding="utf-8") == written


def test_a_report_of_something_else_is_refused() -> None:
    with pytest.raises(WrongType, match="an Appraisal, not of str"):
        appraisal_report("ada")  # type: ignore[arg-type] # what is tested


def test_a_notebook_shows_an_appraisal_as_a_table(told: Appraisal) -> None:
    assert told._repr_html_() == appraising.appraisal(told)
    rows = [
        ["".join(cell.itertext()) for cell in row]
        for row in ET.fromstring(f"<div>{told._repr_html_()}</div>").iter("tr")
    ]
    assert ["cost", "14.99 USD"] in rows
    assert ["policy", told.policy] in rows
