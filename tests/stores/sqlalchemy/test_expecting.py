"""Optimistic control in a host's transaction: who waits for whom."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from goodwill import Ledger, presets
from goodwill.domain.errors import RetryTransaction, SeqConflict
from tests.databases import Database


def book(database: Database, session: Session) -> Ledger:
    return Ledger(database.store(session), policy=presets.default(), catalog=presets.service_catalog())


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_what_others_committed_since_is_noticed_at_each_level_of_isolation(on_server: Database, level: str) -> None:
    with on_server.host(isolation_level=level) as engine, Session(engine) as mine, Session(engine) as other:
        book(on_server, mine).deposit("ada", "upgrade")
        mine.commit()
        seen = book(on_server, mine).account("ada").last_seq  # begins the transaction
        book(on_server, other).deposit("ada", "upgrade", expected_seq=seen)
        other.commit()
        with pytest.raises((SeqConflict, RetryTransaction)):
            book(on_server, mine).deposit("ada", "upgrade", expected_seq=seen)


def test_on_postgresql_a_writer_who_expects_nothing_waits_for_nobody(on_postgresql: Database) -> None:
    with on_postgresql.host() as engine, Session(engine) as holder, Session(engine) as blind:
        book(on_postgresql, holder).deposit("ada", "upgrade")
        holder.commit()
        last = book(on_postgresql, holder).account("ada").last_seq
        book(on_postgresql, holder).deposit("ada", "upgrade", expected_seq=last)
        blind.execute(text("SET LOCAL lock_timeout = '2s'"))
        book(on_postgresql, blind).deposit("ada", "upgrade")
        blind.commit()
        holder.commit()
        assert book(on_postgresql, blind).account("ada").entries == 3
