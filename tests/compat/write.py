"""Writes tests/compat/<version>: a database as this release makes it, with what it holds and how it reads, the SQL of
the revisions of its tables, and each component that ships (components.py).

Run once for each release, and when a component was added: `python tests/compat/write.py`. What a release wrote is never
written again; every later one must read it the same (test_compat.py).
"""

from __future__ import annotations

import json
import runpy
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from goodwill import (
    Amendment,
    Catalog,
    Deposit,
    Kind,
    Ledger,
    Money,
    Observation,
    Policy,
    Rate,
    Ref,
    Withdrawal,
    presets,
)
from goodwill.domain.entry import Entry
from goodwill.ledger.ports import Accounts, Facts, Select
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.migrations import offline_sql
from goodwill.testing.clock import FixedClock

HERE = Path(__file__).parent
components = SimpleNamespace(**runpy.run_path(str(HERE / "components.py")))
CURRENCIES = ("USD", "JPY", "KWD")
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def main() -> None:
    folder = HERE / version("goodwill")
    folder.mkdir(exist_ok=True)
    elsewhere = {name for other in HERE.glob("*/") if other != folder for name in components.written(other)}
    added = components.write_missing(folder, elsewhere)
    print(f"{folder.name}/{components.NAME}: {', '.join(added) or 'nothing new'}")
    if (folder / "sqlite.sql").exists():
        print(f"{folder.name} is written and stays as it is; before its release, delete the folder first")
        return
    catalog = catalog_of_then()
    policy = presets.default(catalog)
    database, expected = written(policy, catalog)
    for name, content in {
        "catalog.toml": catalog.to_toml(),
        "policy.json": policy.to_json(),
        "sqlite.sql": database,
        "expected.json": json.dumps(expected, indent=1, ensure_ascii=False),
        **{f"revisions.{dialect}.sql": offline_sql(dialect) for dialect in ("sqlite", "postgresql", "mariadb")},
    }.items():
        (folder / name).write_text(content.rstrip() + "\n", encoding="utf-8")


def written(policy: Policy, catalog: Catalog) -> tuple[str, dict[str, Any]]:
    """A database with two ledgers, as SQL, and what they hold."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "goodwill.db"
        engine = open_engine(f"sqlite:///{path}")
        create_all(engine)
        stores = {name: SQLAlchemyStore(engine, ledger=name) for name in ("default", "other shop")}
        for store in stores.values():
            record(ledger_on(store, policy, catalog))
        expected = {name: told(store, policy, catalog) for name, store in stores.items()}
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()), expected


def catalog_of_then() -> Catalog:
    """A kind of each direction and unit, whatever the presets become."""
    return Catalog(
        [
            Kind("fee_waived", "deposit", unit="money", starter=Rate("money", material=1.0)),
            Kind("heroics", "deposit", dimensions=("effort", "shift"), starter=Rate("event", symbolic=20.0)),
            Kind("late", "withdrawal", unit="day", typical=Decimal(1), starter=Rate("unit", material=4.0)),
            Kind("rude", "withdrawal", starter=Rate("event", symbolic=9.0)),
            Kind("contact", "observation", contact=True),
        ]
    )


def ledger_on(store: SQLAlchemyStore, policy: Policy, catalog: Catalog) -> Ledger:
    return Ledger(store, policy=policy, catalog=catalog, currencies=CURRENCIES, clock=FixedClock(AS_OF))


def facts() -> Iterator[Deposit | Withdrawal | Observation]:
    """One of everything that an entry can say; all with references, so that any release can ask for them again."""
    day = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    for number, name in enumerate(["A1", "a1", "a1 ", "á1", "🦊 fox", "名前", "O'Brien; --", "x" * 255]):
        yield Withdrawal(
            account=name, kind="late", magnitude=Decimal(number) / 8, occurred_at=day, reference=f"late:{name[:99]}"
        )
    for number, cost in enumerate([Money("14.99", "USD"), Money(1500, "JPY"), Money("1.234", "KWD")]):
        yield Deposit(account="A1", kind="fee_waived", cost=cost, occurred_at=day, reference=f"fee:{number}")
    yield Deposit(
        account="A1", kind="heroics", occurred_at=day, reference="heroics", in_response_to=Ref("late:A1"), sincerity=0.3,
        severity=1.5, dimensions={"effort": 0.1, "shift": "night"}, channel="phone", actor="agent-7",
        note="stayed late\n☎", attributes={"ticket": 17, "tags": ["vip", None, 0.1]},
    )  # fmt: skip
    yield Deposit(account="A1", kind="heroics", sincerity=-1.0, occurred_at=day, reference="scripted")
    yield Withdrawal(account="a1", kind="rude", severity=0.0, occurred_at=day, reference="rude")
    yield Observation(account="a1", kind="contact", occurred_at=day, reference="contact", channel="mail")
    yield Withdrawal(account="old", kind="late", occurred_at=datetime(1900, 1, 1, tzinfo=UTC), reference="1900")
    yield Deposit(account="A1", kind="heroics", occurred_at=day, recorded_at=day, reference="backfilled")


def record(ledger: Ledger) -> None:
    """A history with replays, a reversal, amendments, and links by id."""
    ledger.record_many(facts())
    late = ledger.entry(Ref("late:a1"))
    ledger.deposit("a1", "fee_waived", cost=Money("5.00", "USD"), occurred_at=AS_OF, in_response_to=late.id)
    ledger.reverse(Ref("rude"), reason="it was somebody else", reference="undo:rude", actor="agent-1")
    ledger.amend(Ref("fee:1"), cost=Money(1200, "JPY"), reason="typo")
    ledger.record(Amendment(amends=Ref("fee:1"), changes={"cost": Money(1300, "JPY")}, reason="typo again"))


def told(store: SQLAlchemyStore, policy: Policy, catalog: Catalog) -> dict[str, Any]:
    """All that a ledger holds, and the balances that the policy makes of it."""
    with store.work(write=False) as work:
        entries = work.answer(Select())
        accounts = work.answer(Accounts())
        of_accounts = work.answer(Facts([account.id for account in accounts]))
    ledger = ledger_on(store, policy, catalog)
    return {
        "entries": [entry_told(entry) for entry in entries],
        "facts": {
            name: [plain(fact._asdict()) for fact in sorted(each, key=by_seq)] for name, each in of_accounts.items()
        },
        "accounts": [[account.id, account.opened_at.isoformat(), account.entries] for account in accounts],
        "balances": {account.id: ledger.balance(account.id, as_of=AS_OF).points for account in accounts},
    }


def by_seq(fact: Any) -> int:
    return int(fact.seq)


def entry_told(entry: Entry) -> dict[str, Any]:
    """An entry as JSON holds it: exact, with its type."""
    return {"type": entry.type, **{spec.name: plain(getattr(entry, spec.name)) for spec in fields(entry)}}


def plain(value: Any) -> Any:
    """A value as JSON holds it, exactly."""
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case Money():
            return [value.minor, value.currency, value.exponent]
        case Ref():
            return {"ref": value.reference}
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case _:
            return value


if __name__ == "__main__":
    main()
