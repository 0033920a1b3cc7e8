INSERT INTO meta VALUES (1, x'0707070707070707070707070707070707070707070707070707070707070707', 0);
INSERT INTO scope (id, kind, guild_id, channel_id, next_seq) VALUES (1, 'guild', 1, 100, 4);
INSERT INTO scope (id, kind, channel_id, private_user_id) VALUES (2, 'private', 100, 12);
INSERT INTO conversation (id, scope_id, persona) VALUES (1, 1, 'ada'), (2, 2, 'bo');
INSERT INTO turn (id, trigger_kind, trigger_id, persona, conversation_id, state, author_id, attempt, accepted_at,
                  begun_at, closed_at)
VALUES (1, 'message', 10, 'ada', 1, 'done', 11, 1, 1000, 1001, 1002);
INSERT INTO turn (id, trigger_kind, trigger_id, persona, conversation_id, state, author_id, speaker, text, accepted_at)
VALUES (2, 'message', 20, 'ada', 1, 'accepted', 11, 'Robin', 'And now?', 1003);
INSERT INTO turn (id, trigger_kind, trigger_id, persona, conversation_id, state, author_id, interaction_token, speaker,
                  text, accepted_at)
VALUES (3, 'interaction', 30, 'bo', 2, 'accepted', 12, 'token', 'Kim', 'Only for me', 1004);
INSERT INTO entry (id, conversation_id, parent_id, role, author_id, speaker, text, at, turn_id, erased_at)
VALUES (4294967297, 1, NULL, 'person', 11, 'Robin', 'What is this?', 1001, 1, NULL),
       (4294967298, 1, 4294967297, 'persona', NULL, NULL, 'A sample.', 1002, 1, NULL),
       (4294967299, 1, 4294967298, 'person', NULL, NULL, NULL, 1002, NULL, 1003);
UPDATE entry SET active_child_id = id + 1 WHERE id < 4294967299;
UPDATE conversation SET head_id = 4294967298 WHERE id = 1;
UPDATE turn SET question_id = 4294967297, answer_id = 4294967298 WHERE id = 1;
INSERT INTO discord_message VALUES (10, 4294967297, 0), (11, 4294967298, 0), (12, 4294967298, 1);
INSERT INTO turn_message VALUES (2, 0, 21);
INSERT INTO setting VALUES ('channel', 100, 'persona', 'ada', 11, 1000);
INSERT INTO usage (turn_id, attempt, user_id, guild_id, persona, model, generation_id, estimate_nano_usd, account, finish,
                   upstream_attempts, cost_due, cost_tries, at)
VALUES (1, 1, 11, 1, 'ada', 'work/model', 'gen-1', 1000, 'work', 'stop', 1, 3002, 1, 1002);
INSERT INTO reserve VALUES (2, 11, 1, 'ada', 'some/model', 500, 1004);
INSERT INTO identify (at, slot) VALUES (1000, 0), (2000, 1);
