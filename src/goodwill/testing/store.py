"""The contract of every store, written once: subclass, say how to open one, and a test runner finds the rest.

Every test works on ledgers of its own, so that one open database serves them all. Nothing here needs pytest;
`check_store` runs the contract without it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from goodwill.testing.asking import Ledgers
from goodwill.testing.store_deciding import Deciding
from goodwill.testing.store_expecting import Expecting
from goodwill.testing.store_merging import Merging
from goodwill.testing.store_purging import Purging
from goodwill.testing.store_racing import OwnTransactions
from goodwill.testing.store_reading import Finding
from goodwill.testing.store_sealing import Sealing
from goodwill.testing.store_surveying import Surveying
from goodwill.testing.store_writing import Keeping, Repeating

__all__ = ["Ledgers", "OwnTransactions", "StoreContract", "check_store"]


class StoreContract(Keeping, Repeating, Finding, Merging, Expecting, Deciding, Purging, Sealing, Surveying):
    """What every store does. Subclass it, write `open`, and add `OwnTransactions` if the store has its own.

    Example:
        >>> from contextlib import nullcontext
        >>> from functools import cache
        >>> from goodwill.stores import MemoryStore
        >>> class TestMemoryStore(StoreContract):
        ...     def open(self):
        ...         return nullcontext(cache(MemoryStore))
        >>> TestMemoryStore().test_equal_entries_without_a_reference_are_two()
    """


def check_store(open_ledgers: Callable[[], AbstractContextManager[Ledgers]], *, own_transactions: bool) -> None:
    """Run the whole contract on a store.

    Args:
        open_ledgers: opens an empty database for a while, and gives the store of each ledger by name.
        own_transactions: whether each work is a transaction of its own, which threads may have at the same time.

    Raises:
        AssertionError: at the first test that the store fails, with the test's name.
    """
    parts = (StoreContract, OwnTransactions) if own_transactions else (StoreContract,)
    contract = type("Contract", parts, {"open": lambda _self: open_ledgers()})()
    for name in dir(contract):
        if name.startswith("test_"):
            check(name, getattr(contract, name))


def check(name: str, test: Callable[[], None]) -> None:
    """Run one test; whatever goes wrong in it is the store's failure of this sentence."""
    try:
        test()
    except Exception as fault:
        raise AssertionError(f"{name.removeprefix('test_').replace('_', ' ')}: {fault}") from fault
