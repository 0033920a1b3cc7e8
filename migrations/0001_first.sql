-- Times are milliseconds since 1970. Snowflakes of Discord are signed 64-bit integers. Money is nano-dollars.

-- One row: what belongs to the database as a whole.
CREATE TABLE meta (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    secret          BLOB    NOT NULL CHECK (length(secret) = 32),
    stopped_cleanly INTEGER NOT NULL CHECK (stopped_cleanly IN (0, 1))
) STRICT;

-- An audience, and with it the privacy boundary. Ids and sequence numbers are never used twice, because entries,
-- and everything that will ever point at them, are named by both.
CREATE TABLE scope (
    id              INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 2147483647),
    kind            TEXT    NOT NULL CHECK (kind IN ('guild', 'thread', 'dm', 'private')),
    guild_id        INTEGER,
    channel_id      INTEGER NOT NULL,
    parent_id       INTEGER,          -- the channel a thread hangs from
    private_user_id INTEGER,          -- whose ephemeral exchange it is; the negated id once that person is forgotten
    next_seq        INTEGER NOT NULL DEFAULT 1 CHECK (next_seq BETWEEN 1 AND 4294967296),
    CHECK (kind NOT IN ('guild', 'thread') OR guild_id IS NOT NULL),
    CHECK (kind <> 'dm' OR guild_id IS NULL),
    CHECK ((kind = 'thread') = (parent_id IS NOT NULL)),
    CHECK ((kind = 'private') = (private_user_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX scope_audience ON scope (channel_id, kind, ifnull(private_user_id, 0));
CREATE INDEX scope_guild ON scope (guild_id) WHERE guild_id IS NOT NULL;

-- A scope with one persona. The head is the entry that the next question follows.
CREATE TABLE conversation (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    scope_id INTEGER NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    persona  TEXT    NOT NULL CHECK (length(persona) BETWEEN 1 AND 32),
    head_id  INTEGER REFERENCES entry (id) ON DELETE SET NULL CHECK (head_id >> 32 = scope_id),
    UNIQUE (scope_id, persona),
    UNIQUE (id, scope_id)
) STRICT;
CREATE INDEX conversation_head ON conversation (head_id) WHERE head_id IS NOT NULL;

-- The tree. The id carries the scope, so that one look at two ids tells whether an edge stays inside: all edges do,
-- only copied_from may look across. A person's line names its author; a persona's line is the conversation's persona's.
CREATE TABLE entry (
    id              INTEGER PRIMARY KEY CHECK (id >> 32 > 0 AND id & 4294967295 > 0),
    scope_id        INTEGER NOT NULL GENERATED ALWAYS AS (id >> 32) VIRTUAL,
    conversation_id INTEGER NOT NULL,
    parent_id       INTEGER REFERENCES entry (id) ON DELETE SET NULL
                            CHECK (parent_id >> 32 = id >> 32 AND parent_id <> id),
    active_child_id INTEGER REFERENCES entry (id) ON DELETE SET NULL
                            CHECK (active_child_id >> 32 = id >> 32 AND active_child_id <> id),
    role            TEXT    NOT NULL CHECK (role IN ('person', 'persona')),
    author_id       INTEGER,
    speaker         TEXT,             -- as rendered, so that history renders to the same bytes for ever
    text            TEXT,
    at              INTEGER NOT NULL,
    history_from    INTEGER CHECK (history_from >> 32 = id >> 32), -- answers: the oldest entry their prompt showed
    copied_from     INTEGER REFERENCES entry (id) ON DELETE SET NULL CHECK (copied_from <> id),
    turn_id         INTEGER REFERENCES turn (id) ON DELETE SET NULL,
    erased_at       INTEGER,          -- set: a tombstone
    FOREIGN KEY (conversation_id, scope_id) REFERENCES conversation (id, scope_id) ON DELETE CASCADE,
    CHECK (erased_at IS NOT NULL OR text IS NOT NULL),
    CHECK (erased_at IS NOT NULL OR role = 'persona' OR (author_id IS NOT NULL AND speaker IS NOT NULL)),
    CHECK (erased_at IS NULL OR (text IS NULL AND speaker IS NULL AND author_id IS NULL))
) STRICT;
CREATE INDEX entry_conversation ON entry (conversation_id);
CREATE INDEX entry_parent ON entry (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX entry_active_child ON entry (active_child_id) WHERE active_child_id IS NOT NULL;
CREATE INDEX entry_author ON entry (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX entry_copy ON entry (copied_from) WHERE copied_from IS NOT NULL;
CREATE INDEX entry_turn ON entry (turn_id) WHERE turn_id IS NOT NULL;

-- Which entry a message of Discord shows: answers are split over several messages, bursts join into one question.
CREATE TABLE discord_message (
    discord_id INTEGER PRIMARY KEY,
    entry_id   INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    part       INTEGER NOT NULL DEFAULT 0 CHECK (part >= 0)
) STRICT;
CREATE INDEX discord_message_entry ON discord_message (entry_id, part);

-- The journal: every trigger that was accepted, and what became of it. Buttons carry the id, so it is never reused.
CREATE TABLE turn (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    trigger_kind      TEXT    NOT NULL CHECK (trigger_kind IN ('message', 'interaction')),
    trigger_id        INTEGER NOT NULL,
    persona           TEXT    NOT NULL,
    conversation_id   INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    state             TEXT    NOT NULL CHECK (state IN ('accepted', 'joined', 'answering', 'done', 'partial', 'failed',
                                                        'refused', 'cancelled', 'abandoned')),
    joined_into       INTEGER REFERENCES turn (id) ON DELETE SET NULL CHECK (joined_into <> id),
    author_id         INTEGER,        -- null once the person is forgotten
    interaction_token TEXT,           -- only while the turn is open
    replies_to        INTEGER,        -- the message the question answers explicitly
    speaker           TEXT,           -- this and text only until the question is an entry
    text              TEXT,
    question_id       INTEGER REFERENCES entry (id) ON DELETE SET NULL,
    answer_id         INTEGER REFERENCES entry (id) ON DELETE SET NULL,
    attempt           INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    cause             TEXT    CHECK (length(cause) <= 64), -- a short code, never prose
    accepted_at       INTEGER NOT NULL,
    begun_at          INTEGER,
    closed_at         INTEGER,
    erased_at         INTEGER,        -- the question was erased: nothing said in this turn may be kept
    UNIQUE (trigger_id, persona, trigger_kind),
    CHECK ((closed_at IS NULL) = (state IN ('accepted', 'joined', 'answering'))),
    CHECK (interaction_token IS NULL OR (trigger_kind = 'interaction' AND closed_at IS NULL)),
    CHECK (question_id IS NULL OR (text IS NULL AND speaker IS NULL)),
    CHECK (erased_at IS NULL OR (text IS NULL AND speaker IS NULL AND replies_to IS NULL))
) STRICT;
CREATE INDEX turn_open ON turn (trigger_id) WHERE closed_at IS NULL;
CREATE INDEX turn_conversation ON turn (conversation_id);
CREATE INDEX turn_author ON turn (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX turn_question ON turn (question_id) WHERE question_id IS NOT NULL;
CREATE INDEX turn_answer ON turn (answer_id) WHERE answer_id IS NOT NULL;
CREATE INDEX turn_joined ON turn (joined_into) WHERE joined_into IS NOT NULL;

-- The messages of an answer, each written down as soon as Discord has named it: a restart or a retry changes them
-- instead of sending more. Gone once the turn can neither go on nor be tried again.
CREATE TABLE turn_message (
    turn_id    INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    part       INTEGER NOT NULL CHECK (part >= 0),
    discord_id INTEGER NOT NULL,
    PRIMARY KEY (turn_id, part)
) STRICT, WITHOUT ROWID;

-- What one request to a model used. It outlives its turn and its person, because money is counted by day.
CREATE TABLE usage (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    turn_id           INTEGER REFERENCES turn (id) ON DELETE SET NULL,
    attempt           INTEGER NOT NULL,
    user_id           INTEGER,
    guild_id          INTEGER,
    persona           TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    model_answered    TEXT,
    provider          TEXT,
    generation_id     TEXT,
    prompt_tokens     INTEGER CHECK (prompt_tokens >= 0),
    cached_tokens     INTEGER CHECK (cached_tokens >= 0),
    completion_tokens INTEGER CHECK (completion_tokens >= 0),
    reasoning_tokens  INTEGER CHECK (reasoning_tokens >= 0),
    cost_nano_usd     INTEGER CHECK (cost_nano_usd >= 0),
    first_token_ms    INTEGER CHECK (first_token_ms >= 0),
    total_ms          INTEGER CHECK (total_ms >= 0),
    failure           TEXT    CHECK (length(failure) <= 64),
    at                INTEGER NOT NULL,
    day               INTEGER NOT NULL GENERATED ALWAYS AS (at / 86400000) VIRTUAL -- days since 1970, UTC
) STRICT;
CREATE INDEX usage_turn ON usage (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX usage_user ON usage (user_id, day) WHERE user_id IS NOT NULL;
CREATE INDEX usage_guild ON usage (guild_id, day) WHERE guild_id IS NOT NULL;
CREATE INDEX usage_day ON usage (day);

-- A choice somebody made for a server, a channel, themselves or the whole bot.
CREATE TABLE setting (
    target_kind TEXT    NOT NULL CHECK (target_kind IN ('bot', 'guild', 'channel', 'user')),
    target_id   INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    set_by      INTEGER,              -- null once that person is forgotten
    set_at      INTEGER NOT NULL,
    PRIMARY KEY (target_kind, target_id, name)
) STRICT, WITHOUT ROWID;
