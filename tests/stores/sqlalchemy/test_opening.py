"""A database of the ledger's own is opened by URL, and a URL that leads nowhere says so without its password."""

from __future__ import annotations

import pytest

from goodwill import Ledger
from goodwill.domain.errors import InvalidDatabase


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "no database URL"),
        ("", "no database URL"),
        ("postgresql+nope://ada:secret@host/crm", r"ada:\*\*\*@host"),
        ("nosuchdatabase://ada:secret@host/crm", "its driver must be installed"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_showing_its_password(url: str, words: str) -> None:
    with pytest.raises(InvalidDatabase, match=words) as caught:
        Ledger.open(url)
    assert "secret" not in str(caught.value)


def test_a_ledger_in_a_file_is_there_when_it_is_opened_again(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/goodwill.db"
    with Ledger.open(url) as ledger:
        ledger.deposit("ada", "upgrade")
    with Ledger.open(url) as ledger:
        assert ledger.balance("ada").is_known
    with Ledger.open(url, ledger="another") as ledger:
        assert not ledger.balance("ada").is_known
