-- What a request counts as is coalesce(cost_nano_usd, estimate_nano_usd, 0).
ALTER TABLE usage ADD COLUMN account TEXT;              -- name of the configured server; null: the default one
ALTER TABLE usage ADD COLUMN estimate_nano_usd INTEGER CHECK (estimate_nano_usd >= 0); -- until the cost is known
ALTER TABLE usage ADD COLUMN upstream_attempts INTEGER CHECK (upstream_attempts >= 0);
ALTER TABLE usage ADD COLUMN finish TEXT CHECK (length(finish) <= 64);
ALTER TABLE usage ADD COLUMN cost_due INTEGER;          -- when to ask the provider for the cost; null: it owes none
ALTER TABLE usage ADD COLUMN cost_tries INTEGER NOT NULL DEFAULT 0 CHECK (cost_tries >= 0);
CREATE INDEX usage_cost_due ON usage (cost_due) WHERE cost_due IS NOT NULL;

-- What the usage rows of one payer and day add up to, so that a budget is checked without reading them. The triggers
-- below are its only writers, but for forgetting. A sum stops growing at 1e17: a month of days at the ceiling still
-- adds up in 64 bits, so that no figure can keep a turn from being closed.
CREATE TABLE spending (
    kind              TEXT    NOT NULL CHECK (kind IN ('user', 'guild', 'bot')),
    id                INTEGER NOT NULL, -- 0 for the bot
    day               INTEGER NOT NULL, -- days since 1970, UTC
    nano_usd          INTEGER NOT NULL CHECK (nano_usd BETWEEN 0 AND 100000000000000000),
    requests          INTEGER NOT NULL CHECK (requests >= 0),
    prompt_tokens     INTEGER NOT NULL CHECK (prompt_tokens BETWEEN 0 AND 100000000000000000),
    completion_tokens INTEGER NOT NULL CHECK (completion_tokens BETWEEN 0 AND 100000000000000000),
    PRIMARY KEY (kind, id, day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_adds AFTER INSERT ON usage
BEGIN
    INSERT INTO spending (kind, id, day, nano_usd, requests, prompt_tokens, completion_tokens)
    SELECT payer.kind, payer.id, new.day,
           min(coalesce(new.cost_nano_usd, new.estimate_nano_usd, 0), 100000000000000000), 1,
           min(coalesce(new.prompt_tokens, 0), 100000000000000000),
           min(coalesce(new.completion_tokens, 0), 100000000000000000)
    FROM (SELECT 'user' AS kind, new.user_id AS id UNION ALL SELECT 'guild', new.guild_id UNION ALL SELECT 'bot', 0)
        AS payer
    WHERE payer.id IS NOT NULL
    ON CONFLICT (kind, id, day) DO UPDATE
    SET nano_usd = min(nano_usd + excluded.nano_usd, 100000000000000000),
        requests = requests + 1,
        prompt_tokens = min(prompt_tokens + excluded.prompt_tokens, 100000000000000000),
        completion_tokens = min(completion_tokens + excluded.completion_tokens, 100000000000000000);
END;

-- By the difference, which cannot overflow: both figures are above zero.
CREATE TRIGGER usage_corrects AFTER UPDATE OF cost_nano_usd, estimate_nano_usd, prompt_tokens, completion_tokens ON usage
BEGIN
    UPDATE spending
    SET nano_usd = max(0, min(100000000000000000, nano_usd
            + (coalesce(new.cost_nano_usd, new.estimate_nano_usd, 0)
               - coalesce(old.cost_nano_usd, old.estimate_nano_usd, 0)))),
        prompt_tokens = max(0, min(100000000000000000, prompt_tokens
            + (coalesce(new.prompt_tokens, 0) - coalesce(old.prompt_tokens, 0)))),
        completion_tokens = max(0, min(100000000000000000, completion_tokens
            + (coalesce(new.completion_tokens, 0) - coalesce(old.completion_tokens, 0))))
    FROM (SELECT 'user' AS kind, new.user_id AS id UNION ALL SELECT 'guild', new.guild_id UNION ALL SELECT 'bot', 0)
        AS payer
    WHERE spending.kind = payer.kind AND spending.id = payer.id AND spending.day = new.day;
END;

-- Row by row, as the trigger does it: sum() fails where a sum overflows.
INSERT INTO spending (kind, id, day, nano_usd, requests, prompt_tokens, completion_tokens)
SELECT kind, id, day, min(coalesce(cost_nano_usd, 0), 100000000000000000), 1,
       min(coalesce(prompt_tokens, 0), 100000000000000000), min(coalesce(completion_tokens, 0), 100000000000000000)
FROM (SELECT 'user' AS kind, user_id AS id, * FROM usage
      UNION ALL SELECT 'guild', guild_id, * FROM usage
      UNION ALL SELECT 'bot', 0, * FROM usage)
WHERE id IS NOT NULL
ON CONFLICT (kind, id, day) DO UPDATE
SET nano_usd = min(nano_usd + excluded.nano_usd, 100000000000000000),
    requests = requests + 1,
    prompt_tokens = min(prompt_tokens + excluded.prompt_tokens, 100000000000000000),
    completion_tokens = min(completion_tokens + excluded.completion_tokens, 100000000000000000);

-- What an open turn may cost. It becomes usage when the turn is closed, or at the start after a crash.
CREATE TABLE reserve (
    turn_id  INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    user_id  INTEGER,                 -- null once the person is forgotten
    guild_id INTEGER,
    persona  TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    nano_usd INTEGER NOT NULL CHECK (nano_usd BETWEEN 0 AND 1000000000000000),
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX reserve_user ON reserve (user_id, nano_usd) WHERE user_id IS NOT NULL;
CREATE INDEX reserve_guild ON reserve (guild_id, nano_usd) WHERE guild_id IS NOT NULL;
