"""Components: the parts of a policy that belong to a *family* and are found again by their tag.

    class Decay(Component, family="decay"): ...           # the family: what a decay is
    class HalfLife(Decay, type="half_life"): ...          # a member, registered under its tag

A field annotated with a family takes any of its members, or an object with the tag under "type". Every member is
registered when its class is made; a bad one fails there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import CoreSchema, core_schema

from goodwill.domain.errors import PolicyError
from goodwill.policies.faults import nearest, refuse
from goodwill.policies.model import FAMILY, Model, families
from goodwill.policies.parameters import shown

__all__ = ["EVERY_OPERAND", "Component", "Model", "load_members", "preserved_registry", "registered", "unregister"]

EVERY_OPERAND = frozenset({"float", "numpy", "narwhals", "sql"})
"""What a formula written with `goodwill.policies.formula` runs on."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

MEMBERS = "goodwill.members"
"""The group of entry points that name modules with members: ours, and those of other packages."""


_members: dict[str, dict[str, type[Component]]] = {}


class Component(Model):
    """A member of a family, registered by tag when its class is made.

    Class keywords: `family="decay"` makes a family; `type="half_life"` makes a member, which must then define
    what its family leaves open; `revision=2` says that its formula changed, so that nothing computed by an earlier
    one is taken for its own. A class without either is a helper of its family and must leave something open.

    Attributes:
        family: the name of the family.
        tag: the member's name in it, the "type" of its JSON.
        revision: which formula the tag stands for, from 1.
        operands: what its formula runs on, of "float", "numpy", "narwhals", "sql".

    Raises:
        PolicyError: at the definition of a class that cannot be a member, with the reason.
    """

    family: ClassVar[str] = ""
    tag: ClassVar[str] = ""
    revision: ClassVar[int] = 1
    operands: ClassVar[frozenset[str]] = EVERY_OPERAND

    def __init_subclass__(
        cls,
        *,
        family: str | None = None,
        type: str | None = None,  # noqa: A002 - the word that the class keyword and the JSON key share
        revision: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        for name in (name for name in (family, type) if name is not None and not NAME.fullmatch(name)):
            raise PolicyError(f"{cls.__name__}: {name!r} is not a name; write it like half_life")
        cls.tag, cls.revision = type or "", revision
        if family is not None:
            cls.family = family
            families[family], _members[family] = cls, {}
        if not cls.family:
            raise PolicyError(f"{cls.__name__} is of no family: derive it from one, such as Decay")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if not cls._is_family():
            _register(cls)

    @classmethod
    def _is_family(cls) -> bool:
        return families.get(cls.family) is cls

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls._is_family():
            return handler(source)
        dump = core_schema.plain_serializer_function_ser_schema(_dump, info_arg=True)
        return core_schema.no_info_plain_validator_function(cls._member_of, serialization=dump)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "object", FAMILY: cls.family} if cls._is_family() else handler(schema)

    @classmethod
    def _member_of(cls, value: Any) -> Component:
        """The member that a field annotated with the family was given."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            refuse(cls.__name__, (), f'{shown(value)} is not a {cls.family}: give one, or an object with its "type"')
        members = _members[cls.family]
        if not isinstance(value.get("type"), str) or value["type"] not in members:
            load_members()
        if "type" not in value:
            hint = f"it names the {cls.family}, one of {', '.join(sorted(members))}"
            refuse(cls.__name__, ("type",), f"is missing: {hint}")
        tag = value["type"]
        if not isinstance(tag, str) or tag not in members:
            refuse(cls.__name__, ("type",), f"no {cls.family} is called {shown(tag)}; {nearest(tag, members)}")
        member: Component = members[tag].__pydantic_validator__.validate_python(value)
        return member

    @classmethod
    def _opened(cls, data: dict[str, Any]) -> dict[str, Any]:
        if "type" not in data:
            return data
        tag, revision = data.pop("type"), data.pop("revision", 1)
        if tag != cls.tag:
            refuse(cls.__name__, ("type",), f"{shown(tag)} is not {cls.tag!r}, the type of a {cls.__name__}")
        if revision != cls.revision:
            hint = f"{cls.tag} is at revision {cls.revision} here and would be read differently"
            refuse(cls.__name__, ("revision",), f"{shown(revision)} is not known; {hint}")
        return data

    @model_serializer(mode="wrap")
    def _with_type(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        revised = {"revision": self.revision} if self.revision > 1 else {}
        return {"type": self.tag, **revised, **handler(self)}

    @classmethod
    def schema_within(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """Its own schema with its "type"; a family's is the choice of its members."""
        if cls._is_family():
            return _family_schema(cls.family, definitions)
        schema = super().schema_within(definitions)
        header: dict[str, Any] = {"type": {"const": cls.tag}}
        if cls.revision > 1:
            header["revision"] = {"const": cls.revision}
        properties, required = schema.get("properties", {}), schema.get("required", [])
        return {**schema, "properties": {**header, **properties}, "required": [*header, *required]}

    @property
    def parts(self) -> Iterator[Component]:
        """The components that it is made of, one level down."""
        for name in type(self).model_fields:
            yield from _components(getattr(self, name))

    @property
    def runs_on(self) -> frozenset[str]:
        """The operands on which it and all its parts run."""
        return self.operands.intersection(*(part.runs_on for part in self.parts))


def registered(family: type[Component]) -> dict[str, type[Component]]:
    """The members of a family by tag, sorted.

    Args:
        family: the class that was made with `family=`, such as `Decay`.
    """
    load_members()
    return dict(sorted(_members[family.family].items()))


@cache
def load_members() -> None:
    """Import the members that installed packages name in the entry points of the group "goodwill.members".

    Those that ship are among them, so a policy that uses a few of them need not pay for the import of all.
    """
    for entry_point in entry_points(group=MEMBERS):
        entry_point.load()


def unregister(member: type[Component]) -> None:
    """Take a member out of its family, so that its tag is free again; its instances keep working."""
    if _members[member.family].get(member.tag) is member:
        del _members[member.family][member.tag]


@contextmanager
def preserved_registry() -> Iterator[None]:
    """Forget on leaving what was registered within: for tests that define members of their own."""
    load_members()
    members_before = {family: dict(members) for family, members in _members.items()}
    families_before = dict(families)
    try:
        yield
    finally:
        _members.clear()
        _members.update(members_before)
        families.clear()
        families.update(families_before)


def _register(cls: type[Component]) -> None:
    """Enter a member into its family, or say why it cannot be one."""
    if not cls.__module__.startswith("goodwill."):
        load_members()  # so that a tag that is taken is refused here, and not when ours are needed
    still_open = sorted(cls.__abstractmethods__)
    if not cls.tag:
        if not still_open:
            raise PolicyError(f'{cls.__name__} needs a tag: class {cls.__name__}(..., type="...")')
        return
    if still_open:
        wanted = ", ".join(f"{name}{inspect.signature(getattr(cls, name))}" for name in still_open)
        raise PolicyError(f"{cls.__name__} does not define {wanted}")
    for name in cls.model_fields:
        if name == "type" or hasattr(families[cls.family], name):
            raise PolicyError(
                f"{cls.__name__} cannot have a field {name!r}: every {cls.family} has its own by that name"
            )
    known = _members[cls.family].get(cls.tag)
    # The same class made again (a notebook cell run twice, a module reloaded) replaces the one before.
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise PolicyError(f"{cls.tag!r} is taken by {known.__module__}.{known.__qualname__}; choose another type=")
    _members[cls.family][cls.tag] = cls


def _dump(value: Component, info: core_schema.SerializationInfo) -> dict[str, Any]:
    return value.model_dump(mode=info.mode)


def _components(value: Any) -> Iterator[Component]:
    if isinstance(value, Component):
        yield value
        return
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    for part in inner:
        yield from _components(part)


def _family_schema(family: str, definitions: dict[str, Any]) -> dict[str, Any]:
    if family not in definitions:
        load_members()
        members = dict(sorted(_members[family].items()))
        definitions[family] = {"oneOf": [{"$ref": f"#/$defs/{family}.{tag}"} for tag in members]}
        for tag, member in members.items():
            definitions[f"{family}.{tag}"] = member.schema_within(definitions)
    return {"$ref": f"#/$defs/{family}"}
