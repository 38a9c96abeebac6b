"""What is done to all names of a customer is done, and told, in the order of the names."""

from __future__ import annotations

from goodwill.domain.audit import Operation
from goodwill.domain.instant import to_us
from goodwill.ledger.ports import Mark
from goodwill.stores.sqlalchemy.marking import mark
from goodwill.stores.sqlalchemy.statements import statements
from goodwill.stores.sqlalchemy.steps import Query
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.testing.drafts import NOON


def test_a_database_may_give_the_rows_of_names_in_any_order() -> None:
    request = Mark(["a", "b", "c"], Operation.ERASE, to_us(NOON))
    sql = statements("goodwill_", None, "sqlite", returning=True)
    for rows in ([("a", 2), ("b", 1), ("c", 3)], [("c", 3), ("b", 1), ("a", 2)]):
        steps = mark(request, sql, Tenant("default"))
        next(steps)
        first = steps.send([(name, number, None, None) for name, number in rows])
        assert isinstance(first, Query)
        assert first.parameters == {"account_id": 2}
