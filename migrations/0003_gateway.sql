-- When a gateway session was begun. Discord permits so many a day and resets the token of a bot that begins more.
CREATE TABLE identify (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    slot INTEGER NOT NULL             -- of those that may begin at once
) STRICT;
CREATE INDEX identify_at ON identify (at);
