"""A package whose names are loaded at first need: what it needs of others is asked for when a name is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazily"]


def lazily(package: str, homes: Mapping[str, str], *, needed: Collection[str], extra: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Args:
        package: its `__name__`.
        homes: of each public name, the module below the package that it is in.
        needed: what the extra installs.
        extra: its name, which an ImportError tells where something of it is missing.

    Example:
        >>> find = lazily("goodwill.frames", {"lazily": "lazily"}, needed=["narwhals"], extra="frames")
        >>> find("lazily") is lazily
        True
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in needed:
                raise
            raise ImportError(f"{package}.{name} needs {missing}: install goodwill[{extra}]") from error

    return find
