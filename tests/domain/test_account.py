from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime

import pytest

from goodwill.domain.account import Account

ADA = Account(id="ada", opened_at=datetime(2026, 3, 1, tzinfo=UTC), entries=2)


def test_an_account_prints_as_code():
    assert eval(repr(ADA), {"Account": Account, "datetime": dt}) == ADA


def test_an_account_is_what_was_known_and_does_not_change():
    with pytest.raises(AttributeError):
        ADA.entries = 3


def test_accounts_are_compared_by_value():
    assert Account(id="ada", opened_at=datetime(2026, 3, 1, tzinfo=UTC), entries=2) == ADA
    assert len({ADA, Account(id="ada", opened_at=ADA.opened_at, entries=3)}) == 2
