"""Entries by hash of their account, on PostgreSQL: for ledgers that outgrow one table.

PostgreSQL keeps a unique key of a partitioned table only if the key has the column that partitions. What is unique in a
whole ledger, the reference, is therefore kept in a table of its own, `<prefix>keys`, which a trigger fills before an
entry is written; where the key is there, the entry is left out without an error, as ON CONFLICT DO NOTHING leaves it out.
The store's statements are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects.postgresql.base import PGDialect

from goodwill.domain.errors import InvalidDatabase
from goodwill.stores.sqlalchemy.guards import guard_ddl, unique_in
from goodwill.stores.sqlalchemy.tables import tables

__all__ = ["partition", "partition_ddl"]

MOST = 1024
NEW = "entries_new"


def partition(
    connection: Connection, *, partitions: int = 16, prefix: str = "goodwill_", schema: str | None = None
) -> None:
    """Partition the tables that are there, with all that is in them, within the transaction; nothing is committed.

    The table is locked while its rows are copied.

    Raises:
        InvalidDatabase: on a database other than PostgreSQL.
        ValueError: for a number of partitions outside 2 to 1,024.
    """
    if connection.dialect.name != "postgresql":
        raise InvalidDatabase(f"entries are partitioned on PostgreSQL, not on {connection.dialect.name}")
    for statement in partition_ddl(partitions=partitions, prefix=prefix, schema=schema):
        connection.exec_driver_sql(statement)


def partition_ddl(*, partitions: int = 16, prefix: str = "goodwill_", schema: str | None = None) -> list[str]:
    """The statements that `partition` runs, for whoever runs them by hand, in one transaction.

    Example:
        >>> statements = partition_ddl(partitions=4, prefix="gw_")
        >>> [each for each in statements if each.startswith("CREATE TABLE")][:2]
        ['CREATE TABLE "gw_entries_new" (LIKE "gw_entries" INCLUDING DEFAULTS INCLUDING IDENTITY) \
PARTITION BY HASH (account_id)', 'CREATE TABLE "gw_entries_p0" PARTITION OF "gw_entries_new" \
FOR VALUES WITH (MODULUS 4, REMAINDER 0)']
    """
    if not 2 <= partitions <= MOST:
        raise ValueError(f"a table is partitioned into 2 to {MOST} parts, not {partitions}")

    def named(name: str) -> str:
        whole = f'"{prefix}{name}"'
        return whole if schema is None else f'"{schema}".{whole}'

    return [
        *moved(named, prefix, partitions),
        *keyed(named, prefix),
        *known_again(named, prefix, partitions),
        *guarded(prefix, schema, partitions),
    ]


Named = Callable[[str], str]


def moved(named: Named, prefix: str, partitions: int) -> Iterator[str]:
    """Copy the entries into a table of partitions, which takes the place of the old one."""
    entries, new = named("entries"), named(NEW)
    yield f"LOCK TABLE {entries}"
    yield f'ALTER TABLE {named("details")} DROP CONSTRAINT IF EXISTS "{prefix}details_entry_fkey"'
    yield f"CREATE TABLE {new} (LIKE {entries} INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (account_id)"
    yield from parts(named, NEW, "entries", partitions)
    yield f"INSERT INTO {new} SELECT * FROM {entries}"  # noqa: S608 - names are ours, and quoted
    yield (
        f"SELECT setval(pg_get_serial_sequence('{new}', 'seq'), "  # noqa: S608 - likewise
        f"coalesce(max(seq), 0) + 1, false) FROM {new}"
    )
    yield f"DROP TABLE {entries}"
    yield f'ALTER TABLE {new} RENAME TO "{prefix}entries"'


def parts(named: Named, table: str, stem: str, partitions: int) -> Iterator[str]:
    """The partitions of a table."""
    for number in range(partitions):
        values = f"WITH (MODULUS {partitions}, REMAINDER {number})"
        yield f"CREATE TABLE {named(f'{stem}_p{number}')} PARTITION OF {named(table)} FOR VALUES {values}"


def keyed(named: Named, prefix: str) -> Iterator[str]:
    """Keys and indexes, under the names that they have without partitions."""
    entries, name = named("entries"), f"{prefix}entries"
    yield (
        f'ALTER TABLE {entries} ADD CONSTRAINT "{name}_pkey" PRIMARY KEY (seq, account_id), '
        f'ADD CONSTRAINT "{name}_account_fkey" FOREIGN KEY (account_id) REFERENCES {named("accounts")} (id), '
        f'ADD CONSTRAINT "{name}_id_key" UNIQUE (ledger, id, account_id), '
        f'ADD CONSTRAINT "{name}_reference_key" UNIQUE (ledger, reference, revision, account_id)'
    )
    yield f'CREATE UNIQUE INDEX "{name}_reverses_key" ON {entries} (ledger, reverses, account_id) WHERE reverses IS NOT NULL'
    yield f'CREATE INDEX "{name}_account_idx" ON {entries} (account_id, occurred_us, seq)'
    yield f'CREATE INDEX "{name}_occurred_idx" ON {entries} (ledger, occurred_us, seq)'


def known_again(named: Named, prefix: str, partitions: int) -> Iterator[str]:
    """The table in which a reference is unique in its ledger, and the trigger that fills it.

    An id that the account has, and an entry that was reversed, are left out before the key is written: a key without
    its entry would keep the reference from being used.
    """
    entries, keys, function = named("entries"), named("keys"), f"{named('entries_know')}()"
    yield (
        f'CREATE TABLE {keys} (ledger varchar(64) COLLATE "C" NOT NULL, reference varchar(255) COLLATE "C" NOT NULL, '
        "revision integer NOT NULL, seq bigint NOT NULL, "
        f'CONSTRAINT "{prefix}keys_pkey" PRIMARY KEY (ledger, reference, revision)) PARTITION BY HASH (reference)'
    )
    yield from parts(named, "keys", "keys", partitions)
    columns = "ledger, reference, revision, seq"
    yield f"INSERT INTO {keys} SELECT {columns} FROM {entries} WHERE reference IS NOT NULL"  # noqa: S608 - as above
    there = "account_id = NEW.account_id AND ledger = NEW.ledger"
    body = (
        f"BEGIN IF EXISTS (SELECT 1 FROM {entries} WHERE {there} AND id = NEW.id) OR (NEW.reverses IS NOT NULL AND "  # noqa: S608
        f"EXISTS (SELECT 1 FROM {entries} WHERE {there} AND reverses = NEW.reverses)) THEN RETURN NULL; END IF; "
        "IF NEW.reference IS NULL THEN RETURN NEW; END IF; "
        f"INSERT INTO {keys} ({columns}) VALUES (NEW.ledger, NEW.reference, NEW.revision, NEW.seq) "
        "ON CONFLICT DO NOTHING; IF NOT FOUND THEN RETURN NULL; END IF; RETURN NEW; END"
    )
    yield f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS $know${body}$know$"
    yield (
        f'CREATE OR REPLACE TRIGGER "{prefix}entries_know" BEFORE INSERT ON {entries} '
        f"FOR EACH ROW EXECUTE FUNCTION {function}"
    )


def guarded(prefix: str, schema: str | None, partitions: int) -> Iterator[str]:
    """The triggers that keep entries as they are; TRUNCATE is asked of each partition by itself."""
    entries, keys = tables(prefix, schema).entries, f"{prefix}keys"
    columns = [column.name for column in entries.columns]
    permit = f"{prefix}purged"
    spoken: Dialect = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped
    yield from guard_ddl(spoken, entries.name, schema, columns, unique_in(entries), permit=permit)
    yield from guard_ddl(spoken, keys, schema, (), ())
    for number in range(partitions):
        for table in (entries.name, keys):
            place = "" if schema is None else f'"{schema}".'
            yield (
                f'CREATE OR REPLACE TRIGGER "{table}_p{number}_no_truncate" BEFORE TRUNCATE ON '
                f'{place}"{table}_p{number}" FOR EACH STATEMENT EXECUTE FUNCTION {place}"{table}_refuse"()'
            )
