"""Cells: text into numbers, ids, dates and instants, by conventions that the mapping states. Nothing is guessed."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from goodwill.sources.faults import RowError

__all__ = ["READERS", "Conventions", "read_date", "read_id", "read_instant", "read_number", "read_text"]

ISO, EPOCH, EPOCH_MS = "iso", "epoch", "epoch_ms"
NAMED_FORMATS: Final = (ISO, EPOCH, EPOCH_MS)
SIGNS: Final = {"+": 1, "-": -1, "\N{MINUS SIGN}": -1}
PLAIN = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
WHOLE_WITH_ZEROS = re.compile(r"(-?\d+)\.0+", re.ASCII)
SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE]\+?\d+", re.ASCII)
SPACES: Final = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
LONGEST_NUMBER: Final = 64


@dataclass(frozen=True, slots=True)
class Conventions:
    """How the cells of a file are written.

    Attributes:
        zone: of local times that say none; None refuses them.
        dates: formats that are tried in this order: strptime directives, or "iso", "epoch", "epoch_ms".
        at: the local time that a bare date stands for; midnight is the start of that day.
        decimal: the decimal separator.
        thousands: the thousands separator; "" where there is none.
        currency: of amounts that say none.
    """

    zone: ZoneInfo | None = None
    dates: tuple[str, ...] = (ISO,)
    at: time = time(0)
    decimal: str = "."
    thousands: str = ""
    currency: str | None = None


def read_text(value: Any, _conventions: Conventions | None = None) -> str:
    """Any value as the text that a template shows.

    Example:
        >>> read_text(Decimal("12.50")), read_text(date(2026, 3, 1))
        ('12.50', '2026-03-01')
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case date():
            return (value.astimezone(UTC) if isinstance(value, datetime) else value).isoformat()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def read_id(value: Any, _conventions: Conventions | None = None) -> str:
    """An id that a spreadsheet took for a number, without the decimals that it was given: 17850.0 is 17850.

    Raises:
        RowError: if it is in scientific notation, which has lost digits.

    Example:
        >>> read_id(" 17850.0 "), read_id("00042"), read_id("A-7.0")
        ('17850', '00042', 'A-7.0')
    """
    text = read_text(value).strip()
    if SCIENTIFIC.fullmatch(text):
        raise RowError("not an id", f"{text!r}: scientific notation has lost digits; export the column as text")
    whole = WHOLE_WITH_ZEROS.fullmatch(text)
    return whole[1] if whole else text


def read_number(value: Any, conventions: Conventions) -> Decimal:
    """A decimal number as people and exports write it.

    A currency sign, or the code of the conventions' currency, may stand on either side, and so may the sign.
    Parentheses mean negative. Braces, as the CFPB writes amounts in complaints, mean nothing.

    Raises:
        RowError: if it is not a number in these conventions; a separator that they do not name is never guessed at.

    Example:
        >>> read_number("(£1,234.50)", Conventions(thousands=","))
        Decimal('-1234.50')
        >>> read_number("1.234,50-", Conventions(decimal=",", thousands="."))
        Decimal('-1234.50')
        >>> read_number("{$1,234.00}", Conventions(thousands=","))
        Decimal('1234.00')
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RowError("not a number", f"{read_text(value)!r}")
    if not isinstance(value, str):
        return Decimal(value)
    sign, digits = undressed(value, conventions)
    plain = ungrouped(digits, conventions)
    if plain is None or len(plain) > LONGEST_NUMBER or not PLAIN.fullmatch(plain):
        raise RowError(
            "not a number", f"{value!r}, with decimal {conventions.decimal!r} and " + separators(conventions)
        )
    return Decimal(plain).copy_negate() if sign < 0 else Decimal(plain)


def separators(conventions: Conventions) -> str:
    return f"thousands {conventions.thousands!r}" if conventions.thousands else "no thousands separator"


def undressed(text: str, conventions: Conventions) -> tuple[int, str]:
    """The sign and the digits, without braces, parentheses and currency."""
    rest = text.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1].strip()
    signs = []
    if rest.startswith("(") and rest.endswith(")"):
        signs.append(-1)
        rest = rest[1:-1].strip()
    rest, before = peeled(rest, conventions, end=0)
    rest, after = peeled(rest, conventions, end=-1)
    signs += before + after
    if len(signs) > 1:
        raise RowError("not a number", f"{text!r} has two signs")
    return (signs[0] if signs else 1), rest


def peeled(text: str, conventions: Conventions, end: int) -> tuple[str, list[int]]:
    """Take signs and currency off one end of a text (0 the front, -1 the back)."""
    signs: list[int] = []
    code = conventions.currency or ""
    while text:
        edge = text[end]
        at_edge = text.startswith(code) if end == 0 else text.endswith(code)
        if edge in SIGNS:
            signs.append(SIGNS[edge])
        elif code and at_edge:
            text = text.removeprefix(code) if end == 0 else text.removesuffix(code)
            text = text.strip()
            continue
        elif unicodedata.category(edge) != "Sc":
            break
        text = (text[1:] if end == 0 else text[:-1]).strip()
    return text, signs


def ungrouped(digits: str, conventions: Conventions) -> str | None:
    """Digits with a decimal point and nothing else; None if the groups are not groups."""
    whole, mark, fraction = digits.partition(conventions.decimal)
    if conventions.thousands:
        marks = SPACES if conventions.thousands in SPACES else conventions.thousands
        mark_class = f"[{re.escape(marks)}]"
        # The last group has three digits everywhere; those before it have two in India. 6,66 is thus no group.
        if re.search(mark_class, whole) and not re.fullmatch(
            rf"\d{{1,3}}(?:{mark_class}\d{{2,3}})*{mark_class}\d{{3}}", whole
        ):
            return None
        whole = re.sub(mark_class, "", whole)
    if "." in whole:  # a point that is neither of the separators: 1.234 may be a thousand or one and a bit
        return None
    return f"{whole}.{fraction}" if mark else whole


def read_date(value: Any, conventions: Conventions) -> date:
    """A calendar day; of an instant, the local day in the conventions' zone.

    Raises:
        RowError: if no format fits.

    Example:
        >>> read_date("10/02/2018", Conventions(dates=("%d/%m/%Y",)))
        datetime.date(2018, 2, 10)
    """
    moment = read_moment(value, conventions)
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None or conventions.zone is None:
        return moment.date()
    return moment.astimezone(conventions.zone).date()


def read_instant(value: Any, conventions: Conventions) -> datetime:
    """An instant in UTC. A bare date is its local day at `conventions.at`.

    A local time that a clock change skips or repeats is read as the first of the two that it could be; a day whose
    midnight was skipped starts when its first hour does.

    Raises:
        RowError: if no format fits, or if there is neither an offset nor a zone.

    Example:
        >>> conventions = Conventions(zone=ZoneInfo("America/Sao_Paulo"))
        >>> read_instant("2017-09-28", conventions).isoformat()
        '2017-09-28T03:00:00+00:00'
        >>> read_instant("2017-10-15", conventions).isoformat()  # that midnight was skipped: it was 1 o'clock at once
        '2017-10-15T03:00:00+00:00'
    """
    moment = read_moment(value, conventions)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, conventions.at)
    if moment.tzinfo is None:
        if conventions.zone is None:
            raise RowError("no zone", f"{read_text(value)!r} is a local time; say zone = 'Europe/Berlin' or the like")
        moment = moment.replace(tzinfo=conventions.zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RowError("not a date", f"{value!r} is beyond the calendar") from None


def read_moment(value: Any, conventions: Conventions) -> date | datetime:
    """A date where the text says no time, else a datetime, naive where the text says no offset."""
    if isinstance(value, date):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RowError("not a date", f"{read_text(value)!r}")
    text = read_text(value).strip()
    for written in conventions.dates:
        try:
            return parse_moment(text, written)
        except (ValueError, OverflowError, OSError):
            continue
    raise RowError("not a date", f"{text!r}, with dates {list(conventions.dates)!r}")


def parse_moment(text: str, written: str) -> date | datetime:
    if written == ISO:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return datetime.fromisoformat(text)
    if written in NAMED_FORMATS:
        seconds = Decimal(text) if PLAIN.fullmatch(text.removeprefix("-")) else Decimal("NaN")
        micros = int(seconds * (1_000_000 if written == EPOCH else 1_000))
        whole, rest = divmod(micros, 1_000_000)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)
    moment = datetime.strptime(text, written)  # noqa: DTZ007 - the caller adds the zone that the mapping states
    return moment if says_time(written) else moment.date()


def says_time(written: str) -> bool:
    """Whether a strptime format says a time of day."""
    return re.search(r"%[HIMSfcXpzZ]", written.replace("%%", "")) is not None


Reader = Callable[[Any, Conventions], Any]

READERS: Final[dict[str, Reader]] = {
    "text": read_text,
    "id": read_id,
    "number": read_number,
    "date": read_date,
    "instant": read_instant,
}
"""What `as` in a mapping may say."""
