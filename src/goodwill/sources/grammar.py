"""The grammar of a mapping's parts: how cells are written, how a file is read, where a field comes from.

Every value is checked when the mapping is loaded; what is refused is said with the path to it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.errors import MappingError
from goodwill.sources.cells import NAMED_FORMATS, Conventions
from goodwill.sources.expressions import parsed
from goodwill.sources.wording import nearest

__all__ = [
    "Aggregate",
    "Column",
    "Columns",
    "ExpressionText",
    "FieldSpec",
    "Join",
    "Name",
    "Reading",
    "Spec",
    "Strict",
    "wrong",
]

NAME: Final = re.compile(r"[A-Za-z_]\w*")
PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")
YEAR: Final = re.compile(r"%[YyGcx]")
A_MOMENT: Final = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 - only to try a format on


def wrong(message: str) -> PydanticCustomError:
    """A fault of the mapping, for pydantic to say with its path."""
    # A message may hold braces, which pydantic would take for its own placeholders.
    return PydanticCustomError("mapping", "{message}", {"message": message})


def check_expression(text: str) -> str:
    try:
        parsed(text)
    except MappingError as error:
        raise wrong(str(error)) from None
    return text


def check_template(text: str) -> str:
    for found in PLACEHOLDER.finditer(text):
        if found[0] in "{}":
            raise wrong(f"{text!r}: a single {found[0]}; a column stands in {{braces}}, a brace is written twice")
    return text


def check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise wrong(f"no zone {name!r} in the IANA database{nearest(name, available_timezones())}") from None
    return name


def check_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise wrong(f"no encoding {name!r}; for example utf-8, cp1252, cp1250, iso8859-15, utf-16") from None
    return name


def check_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise wrong(f"no currency {code!r} in ISO 4217{nearest(code, EXPONENTS)}")
    return code


def check_date_format(written: str) -> str:
    if written in NAMED_FORMATS:
        return written
    if not YEAR.search(written):
        raise wrong(f"{written!r} says no year; formats are strptime's (%d.%m.%Y) or one of {', '.join(NAMED_FORMATS)}")
    try:
        datetime.strptime(A_MOMENT.strftime(written), written)  # noqa: DTZ007 - only to try the format
    except ValueError as error:
        raise wrong(f"{written!r} cannot be read back: {error}") from None
    return written


def check_separator(character: str) -> str:
    if len(character) > 1 or character.isdigit():
        raise wrong(f"{character!r}: one character, or none")
    return character


def check_delimiter(character: str) -> str:
    character = "\t" if character == "tab" else character
    if len(character) != 1:
        raise wrong(f'{character!r}: one character, or "tab"')
    return character


def check_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise wrong(f"{text!r} is no name; a name has letters, digits and _, so that expressions can use it")
    return text


def check_fixed(value: Any) -> Any:
    """A value that stands in the mapping itself; a decimal number keeps its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
        raise wrong(f"{value!r}: a text, a number or a date")
    return Decimal(repr(value)) if isinstance(value, float) else value


def several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


# Types are named here: within a model, a name such as `zone` is the field of that name.
ExpressionText = Annotated[str, AfterValidator(check_expression)]
Expressions = Annotated[tuple[ExpressionText, ...], BeforeValidator(several)]
Fixed = Annotated[Any, AfterValidator(check_fixed)]
Name = Annotated[str, AfterValidator(check_name)]
Template = Annotated[str, AfterValidator(check_template)]
Zone = Annotated[str, AfterValidator(check_zone)]
Encoding = Annotated[str, AfterValidator(check_encoding)]
Currency = Annotated[str, AfterValidator(check_currency)]
Separator = Annotated[str, AfterValidator(check_separator)]
Delimiter = Annotated[str, AfterValidator(check_delimiter)]
DateFormats = Annotated[tuple[Annotated[str, AfterValidator(check_date_format)], ...], BeforeValidator(several)]
Kept = Literal["text", "id", "number", "date", "instant"]


class Strict(BaseModel):
    """A table of the mapping: unknown keys are refused, with the nearest known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = {field.alias or name for name, field in cls.model_fields.items()}
            for key in data:
                if key not in known:
                    raise wrong(f"unknown key {key!r}{nearest(str(key), known)}")
        return data


class Conventional(Strict):
    """How cells are written; what is left out is taken from the table above."""

    zone: Zone | None = None
    dates: DateFormats | None = None
    at: time | None = None
    decimal: Separator | None = None
    thousands: Separator | None = None
    currency: Currency | None = None

    def conventions(self, base: Conventions) -> Conventions:
        """These conventions, with those of `base` where nothing is said."""
        return Conventions(
            zone=base.zone if self.zone is None else ZoneInfo(self.zone),
            dates=base.dates if self.dates is None else self.dates,
            at=base.at if self.at is None else self.at,
            decimal=base.decimal if self.decimal is None else self.decimal,
            thousands=base.thousands if self.thousands is None else self.thousands,
            currency=base.currency if self.currency is None else self.currency,
        )

    @model_validator(mode="after")
    def _separators_differ(self) -> Self:
        if self.decimal == "":
            raise wrong('decimal: one character, "." or ","')
        if self.decimal is not None and self.decimal == self.thousands:
            raise wrong(f"decimal and thousands are both {self.decimal!r}")
        return self


class Column(Conventional):
    """A column that is more than text. Keys: `from` (its header, by default the same name) and `as`."""

    from_: str | None = Field(None, alias="from")
    as_: Kept = Field("text", alias="as")


class FieldSpec(Conventional):
    """Where one field of an entry comes from: exactly one of column, expr, template, value."""

    column: str | None = None
    expr: ExpressionText | None = None
    template: Template | None = None
    value: Fixed = None
    as_: Kept | None = Field(None, alias="as")
    map: dict[str, Fixed] | None = None
    default: Fixed = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [name for name in ("column", "expr", "template", "value") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise wrong(f"exactly one of column, expr, template, value; here {' and '.join(origins) or 'none'}")
        return self


def as_field(written: Any) -> Any:
    """A bare string is a template, any other bare value is fixed."""
    if isinstance(written, dict | FieldSpec):
        return written
    return {"template": written} if isinstance(written, str) else {"value": written}


def as_column(written: Any) -> Any:
    """A bare string says what the column is read as."""
    return {"as": written} if isinstance(written, str) else written


Spec = Annotated[FieldSpec, BeforeValidator(as_field)]
Columns = dict[Name, Annotated[Column, BeforeValidator(as_column)]]


class Reading(Conventional):
    """How a file is read. What is not said of its encoding and delimiter is found out."""

    format: Literal["csv", "jsonl"] | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    quote: Separator = '"'
    skip: Annotated[int, Field(ge=0)] = 0
    header: bool = True
    names: tuple[str, ...] | None = None
    ragged: bool = False
    trim: bool = False
    empty: Annotated[tuple[str, ...], BeforeValidator(several)] = ()
    where: ExpressionText | None = None

    @model_validator(mode="after")
    def _columns_have_names(self) -> Self:
        if not self.header and self.names is None and self.format != "jsonl":
            raise wrong("header = false needs names = [...], the columns from left to right")
        if self.names is not None and len(set(self.names)) < len(self.names):
            raise wrong("names: a name stands there twice")
        return self


class Aggregate(Strict):
    """One value of many rows: exactly one of sum, min, max, first, last (an expression) or count = true."""

    sum: ExpressionText | None = None
    min: ExpressionText | None = None
    max: ExpressionText | None = None
    first: ExpressionText | None = None
    last: ExpressionText | None = None
    count: Literal[True] | None = None
    when: ExpressionText | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in FOLDS if getattr(self, name) is not None]
        if len(ways) != 1:
            raise wrong(f"exactly one of {', '.join(FOLDS)}; here {' and '.join(ways) or 'none'}")
        return self

    @property
    def way(self) -> str:
        """Which of sum, min, max, first, last, count it is."""
        return next(name for name in FOLDS if getattr(self, name) is not None)


FOLDS: Final = ("sum", "min", "max", "first", "last", "count")


class Join(Reading):
    """Rows of another file with the same key: one of them, or aggregates of them all."""

    file: str | None = None
    on: Expressions
    key: Expressions | None = None
    keep: Literal["first", "last"] | None = None
    columns: Columns = Field(default_factory=dict)
    aggregates: dict[Name, Aggregate] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keys_match(self) -> Self:
        if self.key is not None and len(self.key) != len(self.on):
            raise wrong(f"on has {len(self.on)} parts and key {len(self.key)}")
        if self.aggregates and self.keep is not None:
            raise wrong("keep chooses one of several rows; aggregates take them all")
        return self
