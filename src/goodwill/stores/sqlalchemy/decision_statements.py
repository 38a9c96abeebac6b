"""The SQL of decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Delete, Insert, Integer, Select, Table, and_, bindparam, or_, select

from goodwill.stores.sqlalchemy.binding import many, one
from goodwill.stores.sqlalchemy.tables import Tables

__all__ = ["DECISION_COLUMNS", "DecisionStatements"]

DECISION_COLUMNS: Final = (
    "seq", "id", "answer", "kind", "magnitude_e6", "cost_minor", "cost_currency", "cost_exponent", "actor", "role",
    "requested_us", "decided_us", "recorded_us", "gesture", "response_id", "response_ref", "authority", "policy",
    "balance", "spoke", "reference",
)  # fmt: skip
"""The columns of `decisions` that `deciding.decision_of` reads, followed by account, reasons, note and digest."""

NewRow = Callable[[Table, str, Iterable[str]], Insert]


class DecisionStatements:
    """What keeping and listing decisions asks the database.

    Args:
        tables: where.
        insert_new: makes an insert that leaves alone what is there.
        as_of_now: has a query also see what others committed meanwhile.
    """

    def __init__(self, tables: Tables, insert_new: NewRow, as_of_now: Callable[[Select[Any]], Select[Any]]) -> None:
        self._tables = tables
        given = [column.name for column in tables.decisions.c if column.identity is None]
        self.add = insert_new(tables.decisions, "seq", given)
        self.add_rulings = insert_new(tables.rulings, "seq", ("seq", "reasons", "note"))
        decisions = tables.decisions.c
        self.by_reference = self._decisions(decisions.reference == one("reference"))
        self.by_reference_now = as_of_now(self.by_reference)
        self.by_id = self._decisions(decisions.id == one("id"))
        self.drop_rulings = self._drop_rulings()
        self._pages: dict[tuple[str, ...], Select[Any]] = {}

    def page(self, filters: tuple[str, ...]) -> Select[Any]:
        """One page of decisions; `filters` are those of accounts, actor, role and answer that are asked for."""
        if filters not in self._pages:
            self._pages[filters] = self._page(filters)
        return self._pages[filters]

    def _decisions(self, condition: ColumnElement[bool]) -> Select[Any]:
        accounts, decisions, rulings = self._tables.accounts, self._tables.decisions, self._tables.rulings
        return (
            select(
                *(decisions.c[name] for name in DECISION_COLUMNS),
                accounts.c.name,
                rulings.c.reasons,
                rulings.c.note,
                decisions.c.request_digest,
            )
            .select_from(
                decisions.join(accounts, accounts.c.id == decisions.c.account_id).outerjoin(
                    rulings, rulings.c.seq == decisions.c.seq
                )
            )
            .where(decisions.c.ledger == one("ledger"), condition)
        )

    def _page(self, filters: tuple[str, ...]) -> Select[Any]:
        accounts, decisions = self._tables.accounts.c, self._tables.decisions.c
        own = select(accounts.id).where(accounts.ledger == one("ledger"), accounts.name.in_(many("accounts")))
        conditions = {
            "accounts": decisions.account_id.in_(own),
            "unrestricted": accounts.restricted_us.is_(None),
            **{name: self._is(decisions[name]) for name in ("actor", "role", "answer")},
        }
        bounds = and_(
            decisions.decided_us >= one("first_us"),
            decisions.decided_us < one("end_us"),
            # Keyset, not OFFSET: no gaps and no doubles, however many decisions share an instant.
            or_(
                decisions.decided_us > one("after_us"),
                and_(decisions.decided_us == one("after_us"), decisions.seq > one("after_seq")),
            ),
        )
        wanted = and_(bounds, *(conditions[name] for name in filters))
        limit = bindparam("limit", type_=Integer)
        return self._decisions(wanted).order_by(decisions.decided_us, decisions.seq).limit(limit)

    @staticmethod
    def _is(column: Column[Any]) -> ColumnElement[bool]:
        return column == one(column.name)

    def _drop_rulings(self) -> Delete:
        decisions, rulings = self._tables.decisions.c, self._tables.rulings
        own = select(decisions.seq).where(decisions.account_id == one("account_id"))
        return rulings.delete().where(rulings.c.seq.in_(own))
