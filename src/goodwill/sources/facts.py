"""Rows into facts: each rule of a mapping makes at most one entry of a row; a row's facts come all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from goodwill.domain.entry import Deposit, Entry, Observation, Ref, Reversal, Withdrawal
from goodwill.domain.errors import GoodwillError, InvalidMoney, MappingError
from goodwill.domain.money import Money
from goodwill.sources.cells import READERS, Conventions, read_instant, read_number, read_text
from goodwill.sources.faults import RowError
from goodwill.sources.grammar import PLACEHOLDER, FieldSpec
from goodwill.sources.mapping import ImportMapping, Rule
from goodwill.sources.table import Getter, Record, Table

if TYPE_CHECKING:
    from goodwill.ledger.ledger import Ledger

__all__ = ["Made", "Rules", "said"]

TYPES: Final[dict[str, type[Entry]]] = {cls.type: cls for cls in (Deposit, Withdrawal, Observation)}
NOT_A_NUMBER: Final = "nan"
REQUIRED: Final = ("account", "occurred_at", "reference")

Reader = Callable[[Any, Conventions], Any]


def read_float(value: Any, conventions: Conventions) -> float:
    return float(read_number(value, conventions))


def read_account(value: Any, _conventions: Conventions) -> str | None:
    """The account as text; "nan", which exports write for an empty cell, is nobody."""
    text = read_text(value)
    return None if text.strip().lower() == NOT_A_NUMBER else text


def read_reference(value: Any, _conventions: Conventions) -> Ref:
    return Ref(read_text(value))


def read_dimension(value: Any, _conventions: Conventions) -> float | str:
    return float(value) if isinstance(value, int | Decimal) else read_text(value)


READ_AS: Final[dict[str, Reader]] = {
    "account": read_account,
    "kind": read_text,
    "occurred_at": read_instant,
    "recorded_at": read_instant,
    "magnitude": read_number,
    "cost": read_number,
    "currency": read_text,
    "reference": read_text,
    "in_response_to": read_reference,
    "reverses": read_reference,
    "sincerity": read_float,
    "severity": read_float,
    "channel": read_text,
    "actor": read_text,
    "note": read_text,
}


NUMBERS: Final = dict.fromkeys(("magnitude", "cost", "sincerity", "severity"), "number")


@dataclass(frozen=True, slots=True)
class Made:
    """A fact, and which rule made it.

    Attributes:
        rule: the rule's name.
        fact: ready to be recorded.
        fields: the fields that the rule says something of; an amendment changes no other.
    """

    rule: str
    fact: Entry
    fields: frozenset[str]


class Rules:
    """The rules of a mapping over one file.

    Args:
        mapping: whose rules they are.
        table: the file's rows.
        ledger: whose kinds they are, and which checks each fact.

    Raises:
        MappingError: if a rule names a kind or column that is not there.
    """

    def __init__(self, mapping: ImportMapping, table: Table, ledger: Ledger) -> None:
        self._rules = [Maker(rule, f"entries[{at}]", table, ledger) for at, rule in enumerate(mapping.rules())]
        self._check = ledger.check

    def facts(self, record: Record) -> list[Made]:
        """What the rules make of a row.

        Raises:
            RowError: with the rule's name before the reason, if one of them makes nothing that can be kept.
        """
        return [made for rule in self._rules if (made := self._made(rule, record)) is not None]

    def _made(self, rule: Maker, record: Record) -> Made | None:
        try:
            fact = rule.fact(record)
            if fact is None:
                return None
            if not isinstance(fact, Reversal):
                self._check(fact)
        except RowError as error:
            raise Refused(rule.name, error) from None
        except GoodwillError as error:
            raise Refused(rule.name, RowError(said(error), str(error))) from None
        return Made(rule.name, fact, rule.fields)


class Refused(Exception):
    """A row that is rejected, with the rule that refused it."""

    def __init__(self, rule: str, error: RowError) -> None:
        super().__init__(rule, error)
        self.rule = rule
        self.error = error


class Maker:
    """One rule over one file's rows."""

    def __init__(self, rule: Rule, path: str, table: Table, ledger: Ledger) -> None:
        self._rule = rule
        self._path = path
        self._table = table
        self._catalog = ledger.catalog
        self._when = table.condition(rule.when, f"{path}.when") if rule.when else None
        specs = {name: spec for name in READ_AS if (spec := getattr(rule, name)) is not None}
        self._getters = {name: self._getter(spec, READ_AS[name], name) for name, spec in specs.items()}
        self._dimensions = self._several(rule.dimensions, read_dimension, "dimensions")
        self._attributes = self._several(rule.attributes, read_text, "attributes")
        several = {name for name in ("dimensions", "attributes") if getattr(rule, name)}
        self.fields = frozenset({*specs, *several})
        kind = fixed_text(rule.kind)
        self.name = rule.rule or kind or path
        if kind is not None:
            self._check_kind(kind)
        if rule.cost is not None and rule.currency is None and self._currency_of("cost") is None:
            raise MappingError(f"{path}.cost: in which currency? say currency here or in [source]")

    def fact(self, record: Record) -> Entry | None:
        """The fact of a row, or None if the rule does not apply to it; raises RowError."""
        if self._when is not None and not self._asked(self._when, record, "when"):
            return None
        if self._rule.type == "reversal":
            return Reversal(**self._said(record, "reverses", "reference"))
        values = self._said(record, *REQUIRED, "kind")
        kind = self._catalog.resolve(values["kind"])
        currency = values.pop("currency", None)
        if "cost" in values:
            values["cost"] = self._money(values["cost"], currency or self._currency_of("cost"))
        if kind.is_money and "magnitude" in values:
            values["currency"] = currency or self._currency_of("magnitude")
        return TYPES[self._rule.type or kind.direction](**values)

    def _said(self, record: Record, *required: str) -> dict[str, Any]:
        """The fields that are not empty."""
        values = {name: self._asked(get, record, name) for name, get in self._getters.items()}
        said = {name: value for name, value in values.items() if value is not None}
        for name in required:
            if name not in said:
                raise RowError(f"no {name}", "empty in this row")
        for name, getters in (("dimensions", self._dimensions), ("attributes", self._attributes)):
            found = {key: self._asked(get, record, f"{name}.{key}") for key, get in getters.items()}
            if filled := {key: value for key, value in found.items() if value is not None}:
                said[name] = filled
        return said

    def _asked(self, get: Getter, record: Record, field: str) -> Any:
        try:
            return get(record)
        except RowError as error:
            raise error.within(field) from None

    def _money(self, amount: Decimal, currency: str | None) -> Money:
        if currency is None:
            raise RowError("cost: no currency", "empty in this row")
        try:
            return Money(amount, currency)
        except InvalidMoney as error:
            raise RowError(f"cost: {said(error)}", str(error)) from None

    def _currency_of(self, field: str) -> str | None:
        spec: FieldSpec = getattr(self._rule, field)
        return spec.conventions(self._table.conventions).currency

    def _several(self, specs: Mapping[str, FieldSpec], read: Reader, name: str) -> dict[str, Getter]:
        return {key: self._getter(spec, read, f"{name}.{key}") for key, spec in specs.items()}

    def _getter(self, spec: FieldSpec, read: Reader, field: str) -> Getter:
        path = f"{self._path}.{field}"
        if "number" in (spec.as_, NUMBERS.get(field)) and spec.template and is_composed(spec.template):
            raise MappingError(f"{path}: a template of several parts is text; write {{ expr = ... }} for a number")
        origin = origin_of(spec, self._table, path)
        conventions = spec.conventions(self._table.conventions)
        read_first = READERS[spec.as_] if spec.as_ else None

        def get(record: Record) -> Any:
            value = origin(record)
            if value is not None and spec.map is not None:
                value = mapped(value, spec)
            value = spec.default if value is None else value
            if value is None:
                return None
            return read(read_first(value, conventions) if read_first else value, conventions)

        return get

    def _check_kind(self, name: str) -> None:
        try:
            kind = self._catalog.resolve(name)
        except GoodwillError as error:
            raise MappingError(f"{self._path}.kind: {error}") from None
        if self._rule.type is not None and self._rule.type != kind.direction:
            raise MappingError(f"{self._path}.type: {kind.name} is a {kind.direction}, not a {self._rule.type}")


def is_composed(template: str) -> bool:
    """Whether a template has a place and something beside it."""
    place = PLACEHOLDER.search(template)
    return place is not None and place[0] != template


def origin_of(spec: FieldSpec, table: Table, path: str) -> Getter:
    if spec.column is not None:
        return table.column(spec.column, f"{path}.column")
    if spec.expr is not None:
        return table.expression(spec.expr, f"{path}.expr")
    if spec.template is not None:
        return table.template(spec.template, path)
    return lambda _: spec.value


def mapped(value: Any, spec: FieldSpec) -> Any:
    """What a map makes of a value; where it says nothing, the default."""
    text = read_text(value)
    known = spec.map or {}
    if text in known:
        return known[text]
    if spec.default is None:
        raise RowError("not in its map", f"{text!r}; the map has {', '.join(sorted(known))}, and there is no default")
    return spec.default


def fixed_text(spec: FieldSpec | None) -> str | None:
    """What a field always says, if it does."""
    if spec is None or spec.map is not None or spec.as_ is not None:
        return None
    if spec.template is not None and not PLACEHOLDER.search(spec.template):
        return spec.template
    return spec.value if isinstance(spec.value, str) else None


def said(error: GoodwillError) -> str:
    """The sort of an error in words, for counting.

    Example:
        >>> from goodwill.domain.errors import UnknownKind
        >>> said(UnknownKind("no kind 'x'"))
        'unknown kind'
    """
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__)
    return words.strip()
