"""The plain store, and the contract without a test runner."""

from __future__ import annotations

import subprocess
import sys

from goodwill.ledger.ports import Append, Select
from goodwill.stores import MemoryStore
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft

WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = None  # an import of it would fail
from contextlib import nullcontext
from functools import cache
from hypothesis import Phase, settings
from goodwill.stores import MemoryStore
from goodwill.testing.store import check_store
settings.register_profile("few", max_examples=5, phases=[Phase.generate])
settings.load_profile("few")
check_store(lambda: nullcontext(cache(MemoryStore)), own_transactions=True)

class Forgetful(MemoryStore):
    def work(self, *, write):
        return MemoryStore().work(write=write)

try:
    check_store(lambda: nullcontext(cache(Forgetful)), own_transactions=True)
except AssertionError as error:
    print(error)
"""


def test_the_contract_runs_without_a_test_runner_and_finds_a_bad_store() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("a batch comes back as recorded: ")


def test_a_reader_may_write_while_it_goes_through_what_it_read() -> None:
    store = MemoryStore()
    append(store, draft(deposit()), draft(deposit()))
    with store.work(write=False) as work:
        for entry in work.answer(Select()):
            append(store, draft(deposit(f"from {entry.account}")))
    assert len(listed(store)) == 4


def test_an_error_takes_out_only_what_its_own_work_wrote() -> None:
    store = MemoryStore("shop")

    def fail() -> None:
        with store.work(write=True) as work:
            work.answer(Append([draft(deposit("lost", reference="r"))]))
            append(store, draft(deposit("kept")))
            raise KeyError

    raised(KeyError, fail)
    assert [entry.account for entry in listed(store)] == ["kept"]
    assert repr(store) == "MemoryStore('shop')"
