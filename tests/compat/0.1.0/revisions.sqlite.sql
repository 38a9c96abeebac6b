CREATE TABLE goodwill_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT goodwill_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE IF NOT EXISTS goodwill_accounts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
    ledger VARCHAR(64) NOT NULL, 
    name VARCHAR(255), 
    created_us BIGINT NOT NULL, 
    CONSTRAINT goodwill_accounts_name_key UNIQUE (ledger, name)
);

INSERT INTO goodwill_version (version_num) VALUES ('0001') RETURNING version_num;

-- Running upgrade 0001 -> 0002

CREATE TABLE IF NOT EXISTS goodwill_entries (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
    id VARCHAR(64) NOT NULL, 
    ledger VARCHAR(64) NOT NULL, 
    account_id INTEGER NOT NULL, 
    type VARCHAR(16) NOT NULL, 
    kind VARCHAR(64) NOT NULL, 
    magnitude_e6 BIGINT, 
    currency VARCHAR(16), 
    cost_minor BIGINT, 
    cost_currency VARCHAR(16), 
    cost_exponent SMALLINT, 
    occurred_us BIGINT NOT NULL, 
    recorded_us BIGINT NOT NULL, 
    reference VARCHAR(255), 
    revision INTEGER NOT NULL, 
    response_id VARCHAR(64), 
    response_ref VARCHAR(255), 
    due_us BIGINT, 
    recurs VARCHAR(255), 
    tz VARCHAR(64), 
    reverses VARCHAR(64), 
    amends VARCHAR(64), 
    sincerity DOUBLE, 
    severity DOUBLE, 
    dimensions TEXT, 
    channel VARCHAR(255), 
    actor VARCHAR(255), 
    backfilled BOOLEAN NOT NULL, 
    request_digest BLOB NOT NULL, 
    CONSTRAINT goodwill_entries_id_key UNIQUE (ledger, id), 
    CONSTRAINT goodwill_entries_reference_key UNIQUE (ledger, reference, revision), 
    CONSTRAINT goodwill_entries_account_fkey FOREIGN KEY(account_id) REFERENCES goodwill_accounts (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS goodwill_entries_reverses_key ON goodwill_entries (ledger, reverses) WHERE reverses IS NOT NULL;

CREATE INDEX IF NOT EXISTS goodwill_entries_account_idx ON goodwill_entries (account_id, occurred_us, seq);

CREATE INDEX IF NOT EXISTS goodwill_entries_occurred_idx ON goodwill_entries (ledger, occurred_us, seq);

DROP TRIGGER IF EXISTS "goodwill_entries_no_update";

CREATE TRIGGER "goodwill_entries_no_update" BEFORE UPDATE ON "goodwill_entries" WHEN OLD."seq" IS NOT NEW."seq" OR OLD."id" IS NOT NEW."id" OR OLD."ledger" IS NOT NEW."ledger" OR OLD."account_id" IS NOT NEW."account_id" OR OLD."type" IS NOT NEW."type" OR OLD."kind" IS NOT NEW."kind" OR OLD."magnitude_e6" IS NOT NEW."magnitude_e6" OR OLD."currency" IS NOT NEW."currency" OR OLD."cost_minor" IS NOT NEW."cost_minor" OR OLD."cost_currency" IS NOT NEW."cost_currency" OR OLD."cost_exponent" IS NOT NEW."cost_exponent" OR OLD."occurred_us" IS NOT NEW."occurred_us" OR OLD."recorded_us" IS NOT NEW."recorded_us" OR OLD."reference" IS NOT NEW."reference" OR OLD."revision" IS NOT NEW."revision" OR OLD."response_id" IS NOT NEW."response_id" OR OLD."response_ref" IS NOT NEW."response_ref" OR OLD."due_us" IS NOT NEW."due_us" OR OLD."recurs" IS NOT NEW."recurs" OR OLD."tz" IS NOT NEW."tz" OR OLD."reverses" IS NOT NEW."reverses" OR OLD."amends" IS NOT NEW."amends" OR OLD."sincerity" IS NOT NEW."sincerity" OR OLD."severity" IS NOT NEW."severity" OR OLD."dimensions" IS NOT NEW."dimensions" OR OLD."channel" IS NOT NEW."channel" OR OLD."actor" IS NOT NEW."actor" OR OLD."backfilled" IS NOT NEW."backfilled" OR OLD."request_digest" IS NOT NEW."request_digest" BEGIN SELECT RAISE(ABORT, 'entries are never changed or deleted; reverse or amend them'); END;

DROP TRIGGER IF EXISTS "goodwill_entries_no_delete";

CREATE TRIGGER "goodwill_entries_no_delete" BEFORE DELETE ON "goodwill_entries" WHEN TRUE BEGIN SELECT RAISE(ABORT, 'entries are never changed or deleted; reverse or amend them'); END;

UPDATE goodwill_version SET version_num='0002' WHERE goodwill_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

CREATE TABLE IF NOT EXISTS goodwill_details (
    seq INTEGER NOT NULL, 
    note TEXT, 
    attributes TEXT, 
    PRIMARY KEY (seq), 
    CONSTRAINT goodwill_details_entry_fkey FOREIGN KEY(seq) REFERENCES goodwill_entries (seq)
);

UPDATE goodwill_version SET version_num='0003' WHERE goodwill_version.version_num = '0002';
