-- The first schema. Times are the journal's own, in milliseconds since 1970.

-- What belongs to the journal as a whole; one row.
CREATE TABLE journal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- The last version that was given. It never goes back, not even after a purge.
    counter INTEGER NOT NULL,
    -- The version of every money that has no refund (any more).
    forgotten INTEGER NOT NULL,
    -- The latest time of a commit.
    highest INTEGER NOT NULL,
    -- The boot of the machine in which `anchor` holds: the time at which its boot clock showed zero.
    boot TEXT,
    anchor INTEGER NOT NULL
) STRICT;

INSERT INTO journal (one, counter, forgotten, highest, boot, anchor) VALUES (1, 0, 0, 0, NULL, 0);

-- The accounts that refunds are made from.
CREATE TABLE scope (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    origin TEXT NOT NULL,
    UNIQUE (provider, account, origin)
) STRICT;

-- What refunds take money from. Every write about a money moves its version.
CREATE TABLE money (
    scope INTEGER NOT NULL REFERENCES scope (id),
    money TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (scope, money)
) STRICT, WITHOUT ROWID;

-- The money of each payment; it stays when refunds are forgotten.
CREATE TABLE payment (
    scope INTEGER NOT NULL REFERENCES scope (id),
    payment TEXT NOT NULL,
    money TEXT NOT NULL,
    PRIMARY KEY (scope, payment)
) STRICT, WITHOUT ROWID;

-- One row for each refund.
CREATE TABLE refund (
    id INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    money TEXT NOT NULL,
    payment TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    -- JSON, without card numbers and e-mail addresses; NULL once purged.
    request TEXT,
    hidden INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    -- The refund, once it is known to be made.
    made_id TEXT,
    made_alias TEXT,
    made_amount INTEGER,
    made_currency TEXT,
    made_status TEXT,
    made_evidence TEXT,
    made_fault TEXT,
    made_doubled TEXT,
    -- JSON lists of refund ids.
    known_before TEXT NOT NULL,
    suspects TEXT NOT NULL,
    -- JSON: what a person decided.
    decision TEXT,
    keep_until INTEGER NOT NULL,
    -- Whether an intent is unsettled, as the protocol defines it.
    unsettled INTEGER NOT NULL,
    FOREIGN KEY (scope, money) REFERENCES money (scope, money),
    UNIQUE (scope, payment, reference)
) STRICT;

CREATE UNIQUE INDEX refund_position ON refund (scope, money, payment, reference);
CREATE INDEX refund_unsettled ON refund (scope, money, payment, reference) WHERE unsettled = 1;
CREATE UNIQUE INDEX refund_made ON refund (scope, money, made_id) WHERE made_id IS NOT NULL;

-- One row for each request that was about to be sent.
CREATE TABLE intent (
    -- The version that its commit moved the money to.
    number INTEGER PRIMARY KEY,
    refund INTEGER NOT NULL REFERENCES refund (id) ON DELETE CASCADE,
    token BLOB NOT NULL UNIQUE CHECK (length(token) = 16),
    committed_at INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    attempt_until INTEGER NOT NULL,
    unsettled_until INTEGER NOT NULL,
    resubmit_from INTEGER NOT NULL,
    key_until INTEGER,
    state TEXT NOT NULL,
    -- JSON: the kind of failure and the provider's code.
    why TEXT,
    settled_at INTEGER,
    step INTEGER NOT NULL
) STRICT;

CREATE INDEX intent_refund ON intent (refund);
