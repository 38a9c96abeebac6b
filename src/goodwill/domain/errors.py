"""Every error of goodwill, under one `GoodwillError` and the built-in a stranger would catch.

A message says what was wrong and names the way out.
"""

from __future__ import annotations

from datetime import datetime

__all__ = [
    "AccountClosed",
    "AccountErased",
    "AlreadyReversed",
    "CurrencyMismatch",
    "EndpointGone",
    "FutureEntry",
    "GoodwillError",
    "InvalidAccount",
    "InvalidCost",
    "InvalidDatabase",
    "InvalidDimension",
    "InvalidEndpoint",
    "InvalidEntry",
    "InvalidKind",
    "InvalidLink",
    "InvalidMagnitude",
    "InvalidMerge",
    "InvalidMoney",
    "InvalidPeriod",
    "InvalidReference",
    "InvalidSeverity",
    "InvalidSincerity",
    "MappingError",
    "NaiveDatetime",
    "NotReversible",
    "PolicyError",
    "Purged",
    "ReferenceConflict",
    "RetiredKind",
    "RetryTransaction",
    "SchemaMissing",
    "SchemaOutdated",
    "SeqConflict",
    "UnknownAccount",
    "UnknownCurrency",
    "UnknownEntry",
    "UnknownKind",
    "UnknownRevision",
    "WrongDirection",
    "WrongType",
]


class GoodwillError(Exception):
    """The root: catch this to catch everything that goodwill raises on purpose."""


# What the caller passed is not an entry that the ledger can keep.


class InvalidEntry(GoodwillError, ValueError):
    """A fact that cannot become an entry; nothing was written."""


class WrongType(InvalidEntry, TypeError):
    """A value of a type that is never accepted in its place: a float account id, a boolean magnitude."""


class InvalidAccount(InvalidEntry):
    """An account id that is empty, too long or holds control characters."""


class InvalidKind(GoodwillError, ValueError):
    """A kind or catalog that contradicts itself."""


class UnknownKind(InvalidEntry, LookupError):
    """A kind that the catalog does not hold; the message names the nearest ones."""


class RetiredKind(InvalidEntry):
    """A kind that is still read and no longer written."""


class WrongDirection(InvalidEntry):
    """A withdrawal's kind in `deposit`, a deposit's in `withdraw`, and so on."""


class InvalidMagnitude(InvalidEntry):
    """A magnitude that is missing, negative, not finite, too large or finer than a millionth."""


class InvalidMoney(GoodwillError, ValueError):
    """An amount that its currency cannot hold: not finite, too fine, a float."""


class UnknownCurrency(InvalidMoney, LookupError):
    """A currency code that ISO 4217 does not list, or that the ledger did not declare."""


class CurrencyMismatch(InvalidMoney):
    """Two currencies where one was meant."""


class InvalidCost(InvalidEntry):
    """A cost that is negative or not a `Money`."""


class InvalidSincerity(InvalidEntry):
    """A sincerity outside [-1, 1]."""


class InvalidSeverity(InvalidEntry):
    """A severity below 0, or not finite."""


class InvalidDimension(InvalidEntry):
    """A dimension that the kind does not declare, or a value it cannot take."""


class InvalidReference(InvalidEntry):
    """A reference that is empty, too long or holds control characters."""


class NaiveDatetime(InvalidEntry):
    """A datetime without a zone."""


class FutureEntry(InvalidEntry):
    """An instant further in the future than the ledger's tolerance."""


class InvalidLink(InvalidEntry):
    """An `in_response_to` that points at nothing that can be answered."""


class InvalidMerge(InvalidEntry):
    """A merge of a name that is not its own, or that would lead back to itself."""


class InvalidPeriod(GoodwillError, ValueError):
    """A period that cannot be understood, or that ends before it starts."""


# What the store knows contradicts what the caller asked.


class UnknownEntry(GoodwillError, LookupError):
    """No entry of this ledger has that id or reference."""


class UnknownAccount(GoodwillError, LookupError):
    """No entry of this ledger was ever written for that account."""


class AccountClosed(GoodwillError, ValueError):
    """The account was closed; it takes corrections, and new entries once it is reopened."""


class AccountErased(GoodwillError, LookupError):
    """What was named is an entry of a customer who was erased since."""


class Purged(GoodwillError, LookupError):
    """What was asked for was purged: openings stand in its place. `readable_from` is the earliest instant to ask for."""

    def __init__(self, message: str, *, readable_from: datetime | None = None) -> None:
        super().__init__(message)
        self.readable_from = readable_from


class AlreadyReversed(GoodwillError, ValueError):
    """The entry was taken out before; an entry is reversed at most once."""


class NotReversible(GoodwillError, ValueError):
    """A reversal cannot itself be reversed; record the fact again instead."""


class ReferenceConflict(GoodwillError, ValueError):
    """The reference was used before, for something else. `original` is what it stands for."""

    def __init__(self, message: str, *, original: object = None, attempted: object = None) -> None:
        super().__init__(message)
        self.original = original
        self.attempted = attempted


class SeqConflict(GoodwillError, RuntimeError):
    """An account has other entries than the caller had read: `expected` was its last seq, and `found` is."""

    def __init__(self, message: str, *, expected: int | None = None, found: int | None = None) -> None:
        super().__init__(message)
        self.expected = expected
        self.found = found


class RetryTransaction(GoodwillError, RuntimeError):
    """The database asks for the transaction to be run again: roll back and repeat it."""


class InvalidDatabase(GoodwillError, ValueError):
    """A database URL that leads nowhere."""


class SchemaMissing(GoodwillError, RuntimeError):
    """The database has no goodwill tables yet."""


class SchemaOutdated(GoodwillError, RuntimeError):
    """The database has goodwill tables of an earlier release."""


class UnknownRevision(GoodwillError, LookupError):
    """No revision of the tables has that name in this release; a later one may have it."""


# What is told to other systems cannot be.


class InvalidEndpoint(GoodwillError, ValueError):
    """A webhook's URL or secret that cannot be used; a secret is not shown."""


class EndpointGone(GoodwillError, RuntimeError):
    """The receiver of events says that it is gone for good; what waits stays."""


# What a policy or a mapping file says cannot be run.


class PolicyError(GoodwillError, ValueError):
    """A policy, or a part of one, that breaks its own rules; the message holds the path to the fault."""


class MappingError(GoodwillError, ValueError):
    """A mapping file that cannot be understood; the message holds the path to the fault."""
