"""The mapping file: which column or expression of an export becomes which fact, in TOML.

`docs/how-to/import-a-crm-export.md` explains every key with examples. The models of `grammar` and of this module
refuse what they do not know with the path to the fault and the nearest names, so that a typo never imports half a
file.
"""

from __future__ import annotations

import tomllib
from graphlib import CycleError, TopologicalSorter
from os import PathLike
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from goodwill.domain.errors import MappingError
from goodwill.sources.expressions import parsed
from goodwill.sources.grammar import Columns, ExpressionText, Join, Name, Reading, Spec, Strict, several, wrong

__all__ = ["EntryFields", "ImportMapping", "Rule"]

RESERVED: Final = "row"


class EntryFields(Strict):
    """The fields of an entry; each is a template, a fixed value, or a table (`FieldSpec`)."""

    type: Literal["deposit", "withdrawal", "observation", "reversal"] | None = None
    account: Spec | None = None
    kind: Spec | None = None
    occurred_at: Spec | None = None
    recorded_at: Spec | None = None
    magnitude: Spec | None = None
    currency: Spec | None = None
    cost: Spec | None = None
    reference: Spec | None = None
    in_response_to: Spec | None = None
    reverses: Spec | None = None
    sincerity: Spec | None = None
    severity: Spec | None = None
    channel: Spec | None = None
    actor: Spec | None = None
    note: Spec | None = None
    dimensions: dict[str, Spec] = Field(default_factory=dict)
    attributes: dict[str, Spec] = Field(default_factory=dict)


REVERSAL_FIELDS: Final = frozenset({"type", "reverses", "reference", "recorded_at", "actor", "note"})
NEEDED: Final = ("account", "kind", "occurred_at", "reference")


class Rule(EntryFields):
    """What makes an entry of a row: its fields, and `when` it does."""

    rule: str | None = None
    when: ExpressionText | None = None

    def with_defaults(self, defaults: EntryFields) -> Self:
        """The rule, with what the mapping's defaults say where it says nothing."""
        fields = REVERSAL_FIELDS if self.type == "reversal" else EntryFields.model_fields.keys()
        changes = {name: getattr(defaults, name) for name in fields if not getattr(self, name)}
        for several_fields in ("dimensions", "attributes"):
            if several_fields in fields:
                changes[several_fields] = {**getattr(defaults, several_fields), **getattr(self, several_fields)}
        return self.model_copy(update=changes)


class ImportMapping(Strict):
    r"""A whole mapping file.

    Attributes:
        mapping: the version of this format; 1.
        name: what the report calls it.
        description: for people.
        source: how the file is read.
        columns: columns that are more than text, by the name that the rest of the mapping uses.
        numbered: counters; each counts the rows so far with the same values in the columns that it names.
        joins: other files, by the name that the rest of the mapping uses.
        values: named expressions.
        defaults: fields of every entry.
        entries: the rules; each makes at most one entry of a row.

    Example:
        >>> mapping = ImportMapping.from_toml('''
        ... [[entries]]
        ... kind = "late_delivery"
        ... when = "number(days) > 0"
        ... account = "{customer}"
        ... magnitude = "{days}"
        ... occurred_at = { column = "promised", dates = "%d/%m/%Y", zone = "Europe/London" }
        ... reference = "shop:{order}:late"
        ... ''')
        >>> mapping.entries[0].magnitude.template
        '{days}'
        >>> ImportMapping.from_toml('[[entries]]\nmagnitud = "x"')
        Traceback (most recent call last):
        goodwill.domain.errors.MappingError: entries[0]: unknown key 'magnitud'; did you mean magnitude?
    """

    mapping: Literal[1] = 1
    name: str = ""
    description: str = ""
    source: Reading = Reading()
    columns: Columns = Field(default_factory=dict)
    numbered: dict[Name, Annotated[tuple[str, ...], BeforeValidator(several), Field(min_length=1)]] = Field(
        default_factory=dict
    )
    joins: dict[Name, Join] = Field(default_factory=dict)
    values: dict[Name, ExpressionText] = Field(default_factory=dict)
    defaults: EntryFields = EntryFields()
    entries: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """A mapping from what a TOML file holds.

        Raises:
            MappingError: with the path to the first fault.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise MappingError(told(error)) from None

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """A mapping from the text of a TOML file; raises MappingError."""
        try:
            return cls.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise MappingError(f"not TOML: {error}") from None

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Self:
        """A mapping from a TOML file, in UTF-8.

        Raises:
            MappingError: with the file's name and the path to the fault.
            FileNotFoundError: if it is not there.
        """
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            raise MappingError(f"{path}: not UTF-8: {error}") from None
        except MappingError as error:
            raise MappingError(f"{path}: {error}") from None

    @model_validator(mode="after")
    def _names_are_one_each(self) -> Self:
        seen: dict[str, str] = {RESERVED: "the row itself"}
        for where in ("columns", "numbered", "joins", "values"):
            for name in getattr(self, where):
                if name in seen:
                    raise wrong(f"{where}.{name}: the name stands for {seen[name]} already")
                seen[name] = f"{where}.{name}"
        return self

    @model_validator(mode="after")
    def _values_end(self) -> Self:
        graph = {name: parsed(text).names & self.values.keys() for name, text in self.values.items()}
        graph |= {name: frozenset().union(*(parsed(on).names for on in join.on)) for name, join in self.joins.items()}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            raise wrong(f"values and joins go in a circle: {' -> '.join(error.args[1])}") from None
        return self

    @model_validator(mode="after")
    def _rules_are_whole(self) -> Self:
        for number, rule in enumerate(self.rules()):
            if rule.type == "reversal":
                check_reversal(rule, f"entries[{number}]")
                continue
            missing = [name for name in NEEDED if getattr(rule, name) is None]
            if missing:
                raise wrong(f"entries[{number}]: {', '.join(missing)} missing, here and in defaults")
            if rule.reverses is not None:
                raise wrong(f'entries[{number}].reverses: belongs to type = "reversal"')
        return self

    def joins_in_order(self) -> list[str]:
        """The joins, each after those that its key is read from."""
        graph = {name: frozenset().union(*(parsed(on).names for on in join.on)) for name, join in self.joins.items()}
        return [name for name in TopologicalSorter(graph).static_order() if name in self.joins]

    def rules(self) -> list[Rule]:
        """The rules, each with the defaults filled in."""
        return [rule.with_defaults(self.defaults) for rule in self.entries]


def check_reversal(rule: Rule, path: str) -> None:
    missing = [name for name in ("reverses", "reference") if getattr(rule, name) is None]
    if missing:
        raise wrong(f"{path}: {', '.join(missing)} missing; a reversal names the reference that it takes out")
    besides = [name for name in EntryFields.model_fields if name not in REVERSAL_FIELDS and getattr(rule, name)]
    if besides:
        raise wrong(f"{path}: a reversal has no {', '.join(besides)}; those are the entry's that it takes out")


def told(error: ValidationError) -> str:
    """The first fault, with its path as one reads it in TOML."""
    fault = error.errors(include_url=False, include_input=False)[0]
    path = ""
    for part in fault["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    path = path.removeprefix(".")
    message = fault["msg"]
    return f"{path}: {message}" if path else message
