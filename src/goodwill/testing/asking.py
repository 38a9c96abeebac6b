"""Asking a store, as the tests of its contract do: each request in a work of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from typing import Any, TypeVar, cast

from goodwill.domain.account import Account
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.errors import GoodwillError
from goodwill.domain.instant import to_us
from goodwill.ledger.ports import WRITES, Accounts, Append, Draft, Facts, Request, Select, Store

__all__ = [
    "Contract", "Ledgers", "accounts", "answer", "append", "comparable", "facts", "listed", "place", "raised", "same",
    "told",
]  # fmt: skip

Ledgers = Callable[[str], Store]
"""Gives the store of a ledger by its name, all of them in the same database."""

Error = TypeVar("Error", bound=Exception)


class Contract:
    """Tests of a store; a subclass says how to open one."""

    def open(self) -> AbstractContextManager[Ledgers]:
        """Open an empty database, and give the store of each ledger by name."""
        raise NotImplementedError

    @contextmanager
    def fresh(self) -> Iterator[Store]:
        """The store of one empty ledger."""
        with self.open() as ledgers:
            yield ledgers("fresh")


def answer(store: Store, request: Request) -> Any:
    """The answer to one request, in a work of its own."""
    with store.work(write=isinstance(request, WRITES)) as work:
        return work.answer(request)


def append(store: Store, *drafts: Draft) -> list[Entry]:
    """Append drafts in a work of their own."""
    return cast(list[Entry], answer(store, Append(drafts)))


def listed(store: Store, limit: int = 100) -> list[Entry]:
    """All entries of a ledger, page by page."""
    found: list[Entry] = []
    while page := answer(store, Select(after=place(found[-1]) if found else None, limit=limit)):
        found += page
    return found


def place(entry: Entry) -> tuple[int, int]:
    """Where a page that ends with this entry goes on."""
    return to_us(entry.occurred_at), entry.seq


def facts(store: Store, *accounts: str) -> Mapping[str, list[Fact]]:
    """All facts of the accounts, without the numbers that are the store's own."""
    found: Mapping[str, list[Fact]] = answer(store, Facts(accounts))
    return {name: [fact._replace(seq=0) for fact in each] for name, each in found.items()}


def accounts(store: Store, limit: int = 100) -> list[Account]:
    """All accounts of a ledger, page by page."""
    found: list[Account] = []
    while page := answer(store, Accounts(after=found[-1].id if found else None, limit=limit)):
        found += page
    return found


def told(store: Store, request: Request) -> Any:
    """An answer, or the error in its place, in a form that two stores can be compared by."""
    try:
        return comparable(answer(store, request))
    except GoodwillError as error:
        return comparable(error)


def comparable(value: Any) -> Any:
    """Without what is the store's own: its numbers, and the order of facts."""
    match value:
        case GoodwillError():
            return type(value), str(value)
        case Entry():
            return value, value.replayed, value.reversed_by
        case Mapping():
            return {name: sorted(fact._replace(seq=0) for fact in each) for name, each in value.items()}
        case Sequence():
            return [comparable(each) for each in value]
        case _:
            return value


def same(found: Entry, entry: Entry) -> None:
    """Assert that two entries agree in every field but the store's number."""
    assert type(found) is type(entry)
    for spec in fields(entry):
        assert spec.name == "seq" or getattr(found, spec.name) == getattr(entry, spec.name), spec.name


def raised(expected: type[Error], action: Callable[..., object], *arguments: object) -> Error:
    """The error of one type that the action raises; without one, an AssertionError."""
    try:
        action(*arguments)
    except expected as error:
        return error
    raise AssertionError(f"{expected.__name__} was not raised")
