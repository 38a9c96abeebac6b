"""Kinds: what sort of thing can happen, and the catalog of those that a ledger accepts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Context, Decimal, DecimalException
from difflib import get_close_matches
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self, TypeVar, overload

from goodwill.domain.checks import check_keys, check_name, given, shown, table
from goodwill.domain.errors import InvalidKind, UnknownKind
from goodwill.domain.rate import LARGEST, Rate

__all__ = ["Catalog", "Direction", "Kind", "Rate"]

T = TypeVar("T")

FINEST: Final = Decimal("0.000001")
EXACT: Final = Context(prec=64)  # the caller's thread may round to fewer digits


class Direction(StrEnum):
    """Which way a kind moves goodwill: up, down, not at all, or by what becomes of a promise."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    OBSERVATION = "observation"
    PROMISE = "promise"

    def __repr__(self) -> str:
        return f"Direction.{self.name}"


@dataclass(frozen=True, slots=True, repr=False)
class Kind:
    """One sort of thing that can happen between the firm and a customer.

    Attributes:
        name: lower case, digits and underscores, at most 63 characters.
        direction: deposit, withdrawal, observation or promise.
        unit: what a magnitude counts: "event" (the default), "money", or a word of your own ("day", "message").
        typical: the magnitude of an entry that names none; without it, only an event needs none.
        contact: whether an observation of it ends a silence. Deposits and withdrawals do in any case.
        dimensions: the non-personal dimensions that its entries may carry, by name.
        retired: still read, no longer written.
        aliases: names that it had before; entries under them are read as this kind.
        meaning: one line for people.
        starter: a rate to begin with where a policy has none of its own.

    Raises:
        InvalidKind: if the parts contradict each other or break a rule above; the message starts with the fault's
            place, for example `kinds.late_delivery.typical`.

    Example:
        >>> Kind("late_delivery", Direction.WITHDRAWAL, unit="day", starter=Rate("unit", material=4))
        Kind('late_delivery', Direction.WITHDRAWAL, unit='day', starter=Rate('unit', material=4.0))
    """

    name: str
    direction: Direction
    unit: str = "event"
    typical: Decimal | None = None
    contact: bool = False
    dimensions: tuple[str, ...] = ()
    retired: bool = False
    aliases: tuple[str, ...] = ()
    meaning: str = ""
    starter: Rate | None = None

    def __post_init__(self) -> None:
        check_name(self.name, f"kinds.{str(self.name)[:63]}")
        self._check_direction()
        check_name(self.unit, self._at("unit"))
        self._check_typical()
        for flag in ("contact", "retired"):
            if not isinstance(getattr(self, flag), bool):
                raise InvalidKind(f"{self._at(flag)}: true or false, not {getattr(self, flag)!r}")
        for several in ("dimensions", "aliases"):
            self._check_names(several)
        self._check_meaning()
        self._check_starter()

    @property
    def is_money(self) -> bool:
        """Whether its magnitude is an amount of money."""
        return self.unit == "money"

    @classmethod
    def from_dict(cls, name: str, data: Mapping[str, Any]) -> Self:
        """A kind from the table that stands under its name in TOML or JSON.

        Raises:
            InvalidKind: with the path to the fault.

        Example:
            >>> Kind.from_dict("purchase", {"direction": "observation", "unit": "money", "contact": True}).is_money
            True
        """
        at = f"kinds.{name}"
        values = dict(table(data, at))
        check_keys(values, [spec.name for spec in fields(cls)][1:], at)
        if "direction" not in values:
            raise InvalidKind(f"{at}.direction: missing; one of {', '.join(Direction)}")
        if "typical" in values:
            values["typical"] = decimal(values["typical"], f"{at}.typical")
        if "starter" in values:
            values["starter"] = Rate.from_dict(values["starter"], f"{at}.starter")
        return cls(name, **values)

    def to_dict(self) -> dict[str, Any]:
        """The table that `from_dict` reads: JSON-ready, defaults left out.

        Example:
            >>> Kind("thank_you", Direction.DEPOSIT, typical=None, meaning="Thanked.").to_dict()
            {'direction': 'deposit', 'meaning': 'Thanked.'}
        """
        values = {name: value for name, value in given(self) if name != "name"}
        values["direction"] = str(self.direction)
        if self.typical is not None:
            values["typical"] = str(self.typical)
        if self.starter is not None:
            values["starter"] = dict(given(self.starter))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def __repr__(self) -> str:
        return shown(self, "name", "direction")

    def _at(self, field: str) -> str:
        return f"kinds.{self.name}.{field}"

    def _check_direction(self) -> None:
        try:
            object.__setattr__(self, "direction", Direction(self.direction))
        except ValueError:
            raise InvalidKind(
                f"{self._at('direction')}: one of {', '.join(Direction)}, not {self.direction!r}"
            ) from None

    def _check_typical(self) -> None:
        typical, at = self.typical, self._at("typical")
        if typical is None:
            return
        if not isinstance(typical, Decimal):
            raise InvalidKind(f"{at}: a Decimal, not {type(typical).__name__} {typical!r}; write Decimal('{typical}')")
        if self.unit == "event":
            raise InvalidKind(f"{at}: an event without a magnitude counts once; name a unit, or drop typical")
        if not (typical.is_finite() and 0 <= typical <= LARGEST):
            raise InvalidKind(f"{at}: from 0 to 1e12, not {typical}")
        if EXACT.remainder(typical, FINEST):
            raise InvalidKind(f"{at}: in steps of a millionth, not {typical}")

    def _check_names(self, field: str) -> None:
        names, at = getattr(self, field), self._at(field)
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise InvalidKind(f"{at}: several names, not {names!r}; write ({names!r},)")
        names = tuple(names)
        for name in names:
            check_name(name, at)
        if len(set(names)) < len(names) or (field == "aliases" and self.name in names):
            raise InvalidKind(f"{at}: the same name twice in {names!r}")
        object.__setattr__(self, field, names)

    def _check_meaning(self) -> None:
        if not isinstance(self.meaning, str):
            raise InvalidKind(f"{self._at('meaning')}: a str, not {self.meaning!r}")
        if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in self.meaning):
            raise InvalidKind(f"{self._at('meaning')}: one line, without control characters, not {self.meaning!r}")

    def _check_starter(self) -> None:
        starter, at = self.starter, self._at("starter")
        if starter is None:
            return
        if not isinstance(starter, Rate):
            raise InvalidKind(f"{at}: a Rate, not {starter!r}")
        if self.direction == Direction.OBSERVATION:
            raise InvalidKind(f"{at}: an observation is never valued; drop the rate")
        if starter.per == "money" and not self.is_money:
            raise InvalidKind(f"{at}.per: per money needs the unit money, and this unit is {self.unit}; try per unit")


class Catalog(Mapping[str, Kind]):
    """The kinds that a ledger accepts, by name; aliases lead to their kind, and iterating lists each kind once.

    Raises:
        InvalidKind: if two kinds share a name or an alias.

    Example:
        >>> catalog = Catalog([Kind("thank_you", Direction.DEPOSIT, aliases=("thanks",))])
        >>> catalog["thanks"].name, list(catalog)
        ('thank_you', ['thank_you'])
        >>> catalog["thank_yu"]
        Traceback (most recent call last):
        goodwill.domain.errors.UnknownKind: no kind 'thank_yu' in the catalog; did you mean thank_you, thanks?
    """

    __slots__ = ("_kinds", "_names")

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self._kinds: dict[str, Kind] = {}
        self._names: dict[str, Kind] = {}
        for kind in kinds:
            self._kinds[kind.name] = kind
            for name in (kind.name, *kind.aliases):
                if name in self._names:
                    raise InvalidKind(f"kinds.{kind.name}: {name!r} already stands for {self._names[name]!r}")
                self._names[name] = kind

    @classmethod
    def from_toml(cls, source: str | PathLike[str]) -> Self:
        """A catalog from TOML: one table `[kinds.<name>]` per kind, with the attributes of `Kind`.

        Args:
            source: a path, or the text itself; a str of one line that ends in ".toml" is taken for a path.

        Raises:
            InvalidKind: with the path to the fault.
            OSError: if there is no such file.

        Example:
            >>> Catalog.from_toml('''
            ... [kinds.late_delivery]
            ... direction = "withdrawal"
            ... unit = "day"
            ... starter = { per = "unit", material = 4 }
            ... ''')["late_delivery"].unit
            'day'
        """
        import tomllib  # noqa: PLC0415 - most programs read no TOML, and all would pay for it

        is_path = not isinstance(source, str) or (source.endswith(".toml") and "\n" not in source)
        try:
            text = Path(source).read_text(encoding="utf-8") if is_path else str(source)
            data = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of 5,000 digits, a deep nest
            raise InvalidKind(f"{source if is_path else 'the text'} is not TOML: {error}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A catalog from what a TOML or JSON file holds: `{"kinds": {name: attributes}}`.

        Raises:
            InvalidKind: with the path to the fault.
        """
        check_keys(data, ["kinds"], "")
        kinds = table(data.get("kinds", {}), "kinds")
        return cls(Kind.from_dict(name, attributes) for name, attributes in kinds.items())

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` reads: JSON-ready, defaults left out."""
        return {"kinds": {name: kind.to_dict() for name, kind in self._kinds.items()}}

    def to_toml(self) -> str:
        """What `from_toml` reads.

        Example:
            >>> print(Catalog([Kind("refund", Direction.DEPOSIT, unit="money", starter=Rate("money", 1))]).to_toml())
            [kinds.refund]
            direction = "deposit"
            unit = "money"
            starter = { per = "money", material = 1.0 }
        """
        tables = (
            "\n".join((f"[kinds.{name}]", *map(assignment, kind.to_dict().items()))) for name, kind in self.items()
        )
        return "\n\n".join(tables)

    def resolve(self, name: str) -> Kind:
        """The kind of that name or alias.

        Raises:
            UnknownKind: if there is none; the message names the nearest ones.
        """
        try:
            return self._names[name]
        except KeyError:
            near = get_close_matches(str(name), self._names, n=3)
            hint = (
                f"did you mean {', '.join(near)}?" if near else f"it holds {len(self)} kinds; list(catalog) shows them"
            )
            raise UnknownKind(f"no kind {str(name)[:80]!r} in the catalog; {hint}") from None

    def canonical(self, name: str) -> str:
        """The name that an alias stands for; a name that the catalog does not know comes back as it is.

        Example:
            >>> Catalog().canonical("of_another_year")
            'of_another_year'
        """
        kind = self._names.get(name)
        return name if kind is None else kind.name

    def extended(self, *kinds: Kind) -> Self:
        """A catalog with more kinds.

        Raises:
            InvalidKind: if one of them takes a name that another has.
        """
        return type(self)([*self._kinds.values(), *kinds])

    # Mapping's own `get` and `in` wait for a KeyError, which UnknownKind is not: a KeyError prints itself in quotes.
    @overload
    def get(self, name: str, default: None = None, /) -> Kind | None: ...
    @overload
    def get(self, name: str, default: Kind | T, /) -> Kind | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        """The kind of that name or alias, or the default."""
        return self._names.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Kind:
        return self.resolve(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __eq__(self, other: object) -> bool:
        return self._kinds == other._kinds if isinstance(other, Catalog) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a mapping, equal by value: as unhashable as a dict

    def __repr__(self) -> str:
        return f"Catalog({list(self._kinds.values())!r})"


def decimal(value: object, at: str) -> Decimal:
    """An exact number from a file: digits in quotes, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidKind(f'{at}: a number in quotes, such as "2.5", not {value!r}')
    try:
        return Decimal(value)
    except DecimalException:
        raise InvalidKind(f"{at}: {value!r} is not a number") from None


def assignment(item: tuple[str, Any]) -> str:
    """One line of TOML for an attribute of a kind. TOML and JSON write strings, numbers and lists of them alike."""
    name, value = item
    if isinstance(value, dict):
        return f"{name} = {{ {', '.join(map(assignment, value.items()))} }}"
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
