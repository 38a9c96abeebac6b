"""What every part of a policy shares: it is frozen, prints as code, stores as JSON and compares by value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from goodwill.domain.canonical import canonical_json
from goodwill.policies.faults import MAX_DEPTH, check_tree, nearest, parse, policy_error, refuse, too_deep

__all__ = ["FAMILY", "Model", "families"]

FAMILY = "x-goodwill-family"
"""In a schema that pydantic made: the family of which a member belongs there."""

families: dict[str, type[Model]] = {}
"""The families by name, such as "decay"; entered by the class that makes one."""


class Model(BaseModel):
    """A part of a policy: frozen, printed as code, stored as JSON, equal by value.

    Raises:
        PolicyError: if a field is unknown, missing or out of range; the message starts with the path to it.
    """

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    outside_digest: ClassVar[frozenset[str]] = frozenset()
    """The fields that say nothing about what is computed, such as a name."""

    def __init__(self, /, **data: Any) -> None:
        check_tree(data)
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise policy_error(error) from None

    # So marked, pydantic makes nested objects itself instead of calling this, and keeps the path to a fault in them.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # the mark that pydantic looks for

    @classmethod
    def _opened(cls, data: dict[str, Any]) -> dict[str, Any]:
        """The fields of a stored object, without what stands around them."""
        return data

    @model_validator(mode="before")
    @classmethod
    def _known_fields_only(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        fields = cls._opened(dict(data))
        for name in fields:
            if name not in cls.model_fields:
                hint = nearest(name, cls.model_fields)
                refuse(cls.__name__, (str(name),), f"{cls.__name__} has no such field; {hint}")
        return fields

    @model_validator(mode="after")
    def _not_too_deep(self) -> Self:
        if _depth(self) > MAX_DEPTH:
            refuse(type(self).__name__, (), too_deep())
        return self

    def to_dict(self) -> dict[str, Any]:
        """Itself as plain dicts, lists, texts and numbers, ready for JSON."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Itself as canonical JSON (RFC 8785): sorted keys, shortest numbers, no white space."""
        return canonical_json(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` gave, or the same written by hand.

        Raises:
            PolicyError: with the path to the fault.
        """
        check_tree(data)
        try:
            loaded: Self = cls.__pydantic_validator__.validate_python(data)
        except ValidationError as error:
            raise policy_error(error) from None
        return loaded

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """What `to_json` gave, or the same written by hand; a key given twice is refused.

        Raises:
            PolicyError: with the path to the fault.
        """
        return cls.from_dict(parse(text))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of what `from_json` reads.

        It is built from the registry, so it knows every member that was defined before the call.
        """
        definitions: dict[str, Any] = {}
        schema = cls.schema_within(definitions)
        draft = "https://json-schema.org/draft/2020-12/schema"
        return {"$schema": draft, **schema, "$defs": dict(sorted(definitions.items()))}

    @classmethod
    def schema_within(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """Its own schema, as a part of another's; what it refers to is entered into `definitions`."""
        schema = cls.model_json_schema()
        for name, definition in schema.pop("$defs", {}).items():
            definitions[name] = _resolved(definition, definitions)
        schema["description"] = schema.get("description", cls.__name__).partition("\n\n")[0]
        return {key: _resolved(part, definitions) for key, part in schema.items()}

    def replace(self, **changes: Any) -> Self:
        """Itself with some fields changed, checked like a new one (`model_copy` would not check).

        Raises:
            PolicyError: with the path to the fault.
        """
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON, in hex: the key under which anything computed from it may be kept."""
        counted = {name: value for name, value in self.to_dict().items() if name not in self.outside_digest}
        return hashlib.sha256(canonical_json(counted).encode()).hexdigest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value != field.get_default(call_default_factory=True, validated_data={}):
                yield name, value

    def __str__(self) -> str:
        return repr(self)


def _depth(value: Any) -> int:
    """How many objects stand within each other, as the JSON will have them."""
    if isinstance(value, Model):
        return 1 + max((_depth(getattr(value, name)) for name in type(value).model_fields), default=0)
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    return max(map(_depth, value), default=0) if isinstance(value, tuple | list) else 0


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with a reference wherever it only names a family."""
    if isinstance(schema, list):
        return [_resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if FAMILY in schema:
        return families[schema[FAMILY]].schema_within(definitions)
    return {key: _resolved(part, definitions) for key, part in schema.items()}
