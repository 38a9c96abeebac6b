CREATE TABLE goodwill_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT goodwill_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE IF NOT EXISTS goodwill_accounts (
    id BIGINT NOT NULL AUTO_INCREMENT, 
    ledger VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, 
    name VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    created_us BIGINT NOT NULL, 
    PRIMARY KEY (id), 
    CONSTRAINT goodwill_accounts_name_key UNIQUE (ledger, name)
)ENGINE=InnoDB;

INSERT INTO goodwill_version (version_num) VALUES ('0001') RETURNING goodwill_version.version_num;

-- Running upgrade 0001 -> 0002

CREATE TABLE IF NOT EXISTS goodwill_entries (
    seq BIGINT NOT NULL AUTO_INCREMENT, 
    id VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, 
    ledger VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, 
    account_id BIGINT NOT NULL, 
    type VARCHAR(16) COLLATE utf8mb4_nopad_bin NOT NULL, 
    kind VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, 
    magnitude_e6 BIGINT, 
    currency VARCHAR(16) COLLATE utf8mb4_nopad_bin, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(16) COLLATE utf8mb4_nopad_bin, 
    cost_exponent SMALLINT, 
    occurred_us BIGINT NOT NULL, 
    recorded_us BIGINT NOT NULL, 
    reference VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    revision INTEGER NOT NULL, 
    response_id VARCHAR(64) COLLATE utf8mb4_nopad_bin, 
    response_ref VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    due_us BIGINT, 
    recurs VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    tz VARCHAR(64) COLLATE utf8mb4_nopad_bin, 
    reverses VARCHAR(64) COLLATE utf8mb4_nopad_bin, 
    amends VARCHAR(64) COLLATE utf8mb4_nopad_bin, 
    sincerity DOUBLE, 
    severity DOUBLE, 
    dimensions LONGTEXT COLLATE utf8mb4_nopad_bin, 
    channel VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    actor VARCHAR(255) COLLATE utf8mb4_nopad_bin, 
    backfilled BOOL NOT NULL, 
    request_digest BINARY(32) NOT NULL, 
    PRIMARY KEY (seq), 
    CONSTRAINT goodwill_entries_id_key UNIQUE (ledger, id), 
    CONSTRAINT goodwill_entries_reference_key UNIQUE (ledger, reference, revision), 
    CONSTRAINT goodwill_entries_account_fkey FOREIGN KEY(account_id) REFERENCES goodwill_accounts (id)
)ENGINE=InnoDB;

CREATE UNIQUE INDEX IF NOT EXISTS goodwill_entries_reverses_key ON goodwill_entries (ledger, reverses);

CREATE INDEX IF NOT EXISTS goodwill_entries_account_idx ON goodwill_entries (account_id, occurred_us, seq);

CREATE INDEX IF NOT EXISTS goodwill_entries_occurred_idx ON goodwill_entries (ledger, occurred_us, seq);

UPDATE goodwill_version SET version_num='0002' WHERE goodwill_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

CREATE TABLE IF NOT EXISTS goodwill_details (
    seq BIGINT NOT NULL, 
    note LONGTEXT COLLATE utf8mb4_nopad_bin, 
    attributes LONGTEXT COLLATE utf8mb4_nopad_bin, 
    PRIMARY KEY (seq), 
    CONSTRAINT goodwill_details_entry_fkey FOREIGN KEY(seq) REFERENCES goodwill_entries (seq)
)ENGINE=InnoDB;

UPDATE goodwill_version SET version_num='0003' WHERE goodwill_version.version_num = '0002';
