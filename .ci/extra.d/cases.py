"""The conversations, and what must come of them. Prints one line a case; the exit code is 1 when one failed."""

import argparse
import subprocess
import sys

from prism import Outcome, Prism, Server

PLAIN = "The kettle is on, and the stool is free. Sit down."
UTF8 = "Naïve café, 日本語, 👩‍🔧🫖 – done."
BY_PLAIN = f"{PLAIN}\n\n(by extra/plain)"

# The rungs are asked by Prism itself, one after the other.
ALONE = "[model]\nserver_fallback = false\n"

CASES = []


class Unmet(Exception):
    """Something that was expected did not come."""


def case(*servers: str):
    """A case for these servers; without any, for all of them."""

    def keep(check):
        CASES.append((check, servers or ("openrouter", "openai", "litellm")))
        return check

    return keep


def expect(true: object, words: str, outcome: Outcome) -> None:
    if not true:
        raise Unmet(f"{words}\n{outcome}")


def expect_answers(outcome: Outcome, *answers: str) -> None:
    expect(outcome.code == 0, "it ends with 0", outcome)
    expect(outcome.answers() == list(answers), f"the answers are {answers}", outcome)


def expect_usage(outcome: Outcome, *rows: tuple[str, str | None]) -> None:
    """One row a request: the model asked, and what went wrong with it."""
    found = [(row["model"], row["failure"]) for row in outcome.usage]
    expect(found == list(rows), f"the usage rows are {rows}, not {found}", outcome)


# What every server must be good for.


@case()
def plain(prism, server):
    outcome = prism.talk(server, "extra/plain")
    expect_answers(outcome, PLAIN)
    expect_usage(outcome, ("extra/plain", None))
    row = outcome.usage[0]
    expect(row["finish"] == "stop" and outcome.turns[0]["state"] == "done", "it has its end", outcome)
    expect(row["generation_id"] and row["model_answered"], "id and model are stored", outcome)
    expect(row["prompt_tokens"] > 0 and row["completion_tokens"] > 0, "tokens are stored", outcome)
    expect(row["first_token_ms"] is not None and row["total_ms"] >= row["first_token_ms"], "times are", outcome)
    # One says it, one says nothing and counts as a fixed sum, and of one it is only known that it is something.
    right = {
        "openrouter": row["cost_nano_usd"] == 2_100_000,
        "openai": row["cost_nano_usd"] is None and row["estimate_nano_usd"] == 2_000_000,
    }.get(server.name, (row["cost_nano_usd"] or 0) > 0)
    expect(right and row["cost_due"] is None, "the cost is what the server says", outcome)


@case()
def characters_beyond_ascii(prism, server):
    expect_answers(prism.talk(server, "extra/utf8", "où est 猫? 🫖"), UTF8)


@case()
def a_conversation(prism, server):
    outcome = prism.talk(server, "extra/plain", "first thing", "second thing")
    expect_answers(outcome, PLAIN, PLAIN)
    expect([turn["state"] for turn in outcome.turns] == ["done", "done"], "both turns are done", outcome)
    if outcome.asked:
        texts = [message["content"] for message in outcome.asked[1]["messages"]]
        first = next((place for place, text in enumerate(texts) if "first thing" in text), None)
        expect(first and texts[first + 1] == PLAIN, "the second request tells of the first turn", outcome)
        stays = outcome.asked[1]["messages"][: len(outcome.asked[0]["messages"]) - 1]
        expect(stays == outcome.asked[0]["messages"][:-1], "what stood before it is the same", outcome)


@case()
def asked_for_a_pause(prism, server):
    """The next model answers at once, whatever the pause."""
    outcome = prism.talk(server, "extra/limited,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect_usage(outcome, ("extra/limited", "rate_limited"), ("extra/plain", None))
    expect(outcome.usage[0]["cost_nano_usd"] == 0, "a refusal costs nothing", outcome)
    expect(outcome.seconds < 20, "nobody waits for the pause", outcome)


@case()
def a_server_error(prism, server):
    outcome = prism.talk(server, "extra/broken,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect({row["failure"] for row in outcome.usage} == {"provider", None}, "both requests are stored", outcome)


@case()
def a_broken_model_is_left_alone(prism, server):
    """The second turn does not ask it again."""
    outcome = prism.talk(server, "extra/limited,extra/plain", "one", "two", config=ALONE)
    expect_answers(outcome, BY_PLAIN, BY_PLAIN)
    expect_usage(outcome, ("extra/limited", "rate_limited"), ("extra/plain", None), ("extra/plain", None))


@case()
def too_long_for_one_model(prism, server):
    outcome = prism.talk(server, "extra/narrow,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect_usage(outcome, ("extra/narrow", "too_long"), ("extra/plain", None))


@case()
def too_long_for_all(prism, server):
    """With a history, that is halved and the model asked once more."""
    outcome = prism.talk(server, "extra/narrow")
    expect(outcome.turns[0] == {"state": "failed", "cause": "too_long"}, "the turn is closed so", outcome)


@case()
def an_unknown_model(prism, server):
    outcome = prism.talk(server, "extra/nobody")
    expect(outcome.code == 0, "the terminal goes on", outcome)
    expect(outcome.turns == [{"state": "failed", "cause": "no_such_model"}], "the turn is closed so", outcome)
    expect_usage(outcome, ("extra/nobody", "no_such_model"))


@case()
def an_unknown_model_above_a_good_one(prism, server):
    outcome = prism.talk(server, "extra/nobody,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)


# LiteLLM looks keys up in a database, which it does not have here.
@case("openrouter", "openai")
def a_wrong_key(prism, server):
    outcome = prism.talk(server, "extra/plain,extra/utf8", OPENROUTER_API_KEY="sk-wrong-key")
    expect(outcome.turns == [{"state": "failed", "cause": "key_refused"}], "the turn is closed so", outcome)
    expect_usage(outcome, ("extra/plain", "key_refused"))
    expect("sk-wrong-key" not in outcome.said + outcome.log, "the key is in no output", outcome)


@case()
def cut_and_continued(prism, server):
    outcome = prism.talk(server, "extra/cut,extra/plain", config=ALONE)
    [answer] = outcome.answers()
    text, _, byline = answer.partition("\n\n")
    begun = text.removesuffix(PLAIN).strip()
    expect(text.endswith(PLAIN) and begun.startswith("Once there"), "both texts stand there", outcome)
    expect(byline == "(by extra/cut, then extra/plain)", "and who wrote them", outcome)
    expect([row["model"] for row in outcome.usage] == ["extra/cut", "extra/plain"], "both are stored", outcome)
    expect(outcome.turns == [{"state": "done", "cause": None}], "the turn is done", outcome)
    if outcome.asked:
        said = [message for message in outcome.asked[-1]["messages"] if message["role"] == "assistant"][-1]
        expect(said["content"].strip() == begun, "the second model is told how it began", outcome)
        last = outcome.asked[-1]["messages"][-1]["role"]
        expect(last == ("assistant" if server.openrouter else "user"), "in this server's way", outcome)


@case()
def cut_with_nobody_to_go_on(prism, server):
    outcome = prism.talk(server, "extra/cut")
    [answer] = outcome.answers()
    expect(answer.startswith("Once there") and answer.endswith("(the answer broke off)"), "it is kept and marked", outcome)
    expect(outcome.turns == [{"state": "partial", "cause": "broken_off"}], "the turn is closed so", outcome)


@case()
def list_of_models(prism, server):
    outcome = prism.command(server, "extra/plain,extra/nobody", "models", "--all")
    listed = [line.split()[-2:] for line in outcome.said.splitlines() if "extra/" in line]
    expect(outcome.code == 0 and len(listed) > 5, "the server's models are listed", outcome)
    ours = next((line for line in outcome.said.splitlines() if line.startswith("1. extra/plain")), "")
    expect(ours, "the first rung is marked", outcome)
    expect(not server.openrouter or "128000" in ours, "with its figures", outcome)
    expect("extra/nobody: configured, but its server does not list it" in outcome.said, "what lacks is told", outcome)


@case()
def check_of_what_works(prism, server):
    outcome = prism.command(server, "extra/plain,extra/utf8", "check", "--online")
    expect(outcome.code == 0, "it is in order", outcome)
    expect("asking 2 of them for 16 tokens each" in outcome.said, "it says what it will do", outcome)
    expect(outcome.said.count(": works, first word after ") == 2, "each rung works", outcome)


@case()
def check_of_what_does_not(prism, server):
    outcome = prism.command(server, "extra/plain,extra/limited,extra/nobody", "check", "--online")
    expect(outcome.code == 1, "it is not in order", outcome)
    expect("extra/plain: works" in outcome.said, "one works", outcome)
    expect("extra/limited: the model server asked for a pause" in outcome.said, "one asks for a pause", outcome)
    expect("extra/nobody: the model does not exist" in outcome.said, "one does not exist", outcome)


# What aimock alone can do.


@case("openrouter")
def the_request_for_openrouter(prism, server):
    outcome = prism.talk(server, "extra/plain")
    [body], [head] = outcome.asked, outcome.heads
    expect(body["stream"] is True and body["max_tokens"] == 800, "it streams, within a bound", outcome)
    expect(body["provider"]["data_collection"] == "deny", "prompts are not kept", outcome)
    expect(body["user"] != "1" and len(body["user"]) >= 16 and body["session_id"], "with hashes", outcome)
    expect("stream_options" not in body and "models" not in body, "without what is not needed", outcome)
    expect(head["x-openrouter-title"] == "Prism", "and a name", outcome)


@case("openai")
def the_request_for_others(prism, server):
    outcome = prism.talk(server, "extra/plain,extra/utf8")
    [body], [head] = outcome.asked, outcome.heads
    expect(body["stream_options"] == {"include_usage": True} and body["max_tokens"] == 800, "usage is asked", outcome)
    strange = {"provider", "session_id", "models", "usage", "transforms"} & set(body)
    expect(not strange and not any("openrouter" in name for name in head), "nothing that is OpenRouter's", outcome)


@case("openrouter")
def the_server_goes_on_by_itself(prism, server):
    outcome = prism.talk(server, "extra/limited,extra/broken,extra/plain,extra/utf8")
    expect_answers(outcome, BY_PLAIN)
    expect_usage(outcome, ("extra/limited", "passed_over"), ("extra/plain", None))
    expect(outcome.usage[1]["model_answered"] == "extra/plain", "the model that answered is stored", outcome)
    expect(outcome.asked[0]["models"] == ["extra/limited", "extra/broken", "extra/plain"], "three are told", outcome)


@case("openrouter", "openai")
def signs_of_life(prism, server):
    expect_answers(prism.talk(server, "extra/processing"), "It took a moment to wake up.")


@case("openrouter", "openai")
def thoughts_are_not_shown(prism, server):
    outcome = prism.talk(server, "extra/thinker")
    expect_answers(outcome, "Seven.")
    expect("THOUGHT" not in outcome.said + outcome.log, "they are nowhere", outcome)


@case("openrouter", "openai")
def a_steady_pace(prism, server):
    outcome = prism.talk(server, "extra/steady")
    expect_answers(outcome, "One word after the other, at the pace of somebody who reads aloud.")
    row = outcome.usage[0]
    expect(row["first_token_ms"] >= 600 and row["total_ms"] > row["first_token_ms"] + 100, "times are true", outcome)


@case("openrouter", "openai")
def a_slow_first_model(prism, server):
    config = f'{ALONE}first_token = "500ms"\n'
    outcome = prism.talk(server, "extra/slow,extra/plain", config=config)
    expect_answers(outcome, BY_PLAIN)
    expect_usage(outcome, ("extra/slow", "silent"), ("extra/plain", None))


@case("openrouter", "openai")
def a_slow_last_model(prism, server):
    """It is better late than never."""
    outcome = prism.talk(server, "extra/slow", config='[model]\nfirst_token = "500ms"\n')
    expect_answers(outcome, "Better late than never.")


@case("openrouter", "openai")
def a_hedge(prism, server):
    outcome = prism.talk(server, "extra/slow,extra/plain", config=f'{ALONE}hedge_after = "300ms"\n')
    expect_answers(outcome, BY_PLAIN)
    expect_usage(outcome, ("extra/slow", "outrun"), ("extra/plain", None))


@case("openrouter", "openai")
def an_answer_cut_at_its_length(prism, server):
    outcome = prism.talk(server, "extra/length")
    [answer] = outcome.answers()
    expect(answer.startswith("There is more to say about this, but ("), "it is kept and marked", outcome)
    expect(outcome.turns == [{"state": "partial", "cause": "cut_short"}], "the turn is closed so", outcome)


@case("openrouter", "openai")
def an_empty_answer(prism, server):
    outcome = prism.talk(server, "extra/empty,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    found = [(row["model"], row["failure"]) for row in outcome.usage]
    expect(found[0] == ("extra/empty", "empty") and found[-1] == ("extra/plain", None), "it is a failure", outcome)


@case("openrouter", "openai")
def gone_before_its_first_word(prism, server):
    outcome = prism.talk(server, "extra/gone,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect({row["failure"] for row in outcome.usage} == {"interrupted", None}, "it is stored", outcome)


@case("openrouter", "openai")
def dropped_before_its_head(prism, server):
    outcome = prism.talk(server, "extra/dropped,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect({row["failure"] for row in outcome.usage} == {"interrupted", None}, "it is stored", outcome)


@case("openrouter", "openai")
def broken_json(prism, server):
    outcome = prism.talk(server, "extra/garbage,extra/plain", config=ALONE)
    expect_answers(outcome, BY_PLAIN)
    expect({row["failure"] for row in outcome.usage} == {"garbled", None}, "it is stored", outcome)


@case("openrouter", "openai")
def a_fault_that_passes(prism, server):
    """One refusal, and the same model is asked once more."""
    server.journal_call("POST", "error", {"status": 502, "body": {"message": "bad gateway"}})
    outcome = prism.talk(server, "extra/plain")
    expect_answers(outcome, PLAIN)
    expect_usage(outcome, ("extra/plain", "provider"), ("extra/plain", None))


@case("openrouter", "openai")
def a_pause_that_is_waited_out(prism, server):
    """There is no other model, and the pause is short: aimock asks for a second."""
    server.journal_call("POST", "error", {"status": 429, "body": {"message": "slow down"}})
    outcome = prism.talk(server, "extra/plain")
    expect_answers(outcome, PLAIN)
    expect_usage(outcome, ("extra/plain", "rate_limited"), ("extra/plain", None))
    expect(outcome.seconds >= 1, "the pause is kept", outcome)


@case("openrouter")
def no_credit(prism, server):
    outcome = prism.talk(server, "extra/poor,extra/plain")
    expect(outcome.turns == [{"state": "failed", "cause": "no_credit"}], "the turn is closed so", outcome)
    expect_usage(outcome, ("extra/poor", "no_credit"))


@case("openrouter")
def moderation(prism, server):
    """What the provider flagged is nowhere."""
    outcome = prism.talk(server, "extra/moderated")
    expect(outcome.turns == [{"state": "failed", "cause": "moderated"}], "the turn is closed so", outcome)
    expect("FLAGGED" not in outcome.said + outcome.log and b"FLAGGED" not in outcome.stored, "it is secret", outcome)


# What LiteLLM alone can do: another server behind it.


@case("litellm")
def behind_a_proxy(prism, server):
    outcome = prism.talk(server, "extra/behind")
    expect_answers(outcome, PLAIN)


@case("openrouter")
def two_servers_on_one_ladder(prism, server):
    named = f'[[model.servers]]\nname = "other"\nurl = "{LITELLM}"\n'
    outcome = prism.talk(
        server, "extra/limited,other/extra/plain", config=named, PRISM_MODEL_KEY_OTHER=server.key
    )
    expect_answers(outcome, f"{PLAIN}\n\n(by other/extra/plain)")
    expect_usage(outcome, ("extra/limited", "rate_limited"), ("other/extra/plain", None))
    expect(outcome.usage[1]["account"] == "other", "the server is stored", outcome)


LITELLM = ""


def servers(arguments) -> list[Server]:
    aimock, key = arguments.aimock, arguments.key
    return [
        Server("openrouter", f"{aimock}/api/v1", key, openrouter=True, journal=aimock),
        Server("openai", f"{aimock}/v1", key, openrouter=False, journal=aimock),
        Server("litellm", f"{arguments.litellm}/v1", key, openrouter=False),
    ]


def attempt(check, prism: Prism, server: Server) -> str | None:
    """What went wrong."""
    try:
        check(prism, server)
    except Unmet as unmet:
        return str(unmet)
    except subprocess.TimeoutExpired as late:
        return f"{late}\n{late.stdout}\n{late.stderr}"
    except Exception as error:  # A case that breaks is one that fails; the others are still worth running.
        return f"{type(error).__name__}: {error}"
    return None


def main() -> int:
    global LITELLM
    parser = argparse.ArgumentParser()
    for flag in ("--prism", "--scratch", "--key", "--aimock", "--litellm"):
        parser.add_argument(flag, required=True)
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    LITELLM = f"{arguments.litellm}/v1"
    prism, passed, failed = Prism(arguments.prism, arguments.scratch), 0, []
    for server in servers(arguments):
        if server.name == "litellm":
            # Its first request to a server behind it takes seconds, in which a stream that is cut is lost whole.
            prism.talk(server, "extra/behind")
        for check, wanted in CASES:
            name = f"{server.name}: {check.__name__.replace('_', ' ')}"
            if server.name not in wanted or not all(word in name for word in arguments.words):
                continue
            wrong = attempt(check, prism, server)
            print(f"ok {name}" if wrong is None else f"FAILED {name}\n{wrong}", flush=True)
            if wrong is None:
                passed += 1
            else:
                failed.append(name)
    print(f"{passed} passed, {len(failed)} failed" + "".join(f"\n  {name}" for name in failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
