"""Runs the program against a server and gathers what came of it: what it said, what it stored, what the server saw."""

import dataclasses
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

# Longer than the total time of a reply, so that a wait without an end is told from one that is only long.
PATIENCE = 150

# A proxy of the environment does not reach this machine.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclasses.dataclass(frozen=True)
class Server:
    """A server as one case meets it. `journal`: the address of aimock's own, where it is one."""

    name: str
    url: str
    key: str
    openrouter: bool
    journal: str | None = None

    def journal_call(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.journal}/__aimock/{path}", data, headers, method=method)
        with HTTP.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@dataclasses.dataclass
class Outcome:
    """What came of one run. `usage`, `turns`: the rows. `asked`: the bodies of completions that aimock received."""

    code: int
    said: str
    log: str
    seconds: float
    usage: list[dict]
    turns: list[dict]
    asked: list[dict]
    heads: list[dict]
    stored: bytes

    def answers(self) -> list[str]:
        """What stands under the persona's name, one text for each line that was said."""
        pieces = self.said.split("Odile Brankov:\n")[1:]
        return [piece.rsplit("\n> ", 1)[0].strip() for piece in pieces]

    def __str__(self) -> str:
        rows = "".join(f"  usage {row}\n" for row in self.usage) + "".join(f"  turn {row}\n" for row in self.turns)
        asked = "".join(f"  asked {json.dumps(body)[:600]}\n" for body in self.asked)
        return f"exit code {self.code} after {self.seconds:.1f} s\n{self.said}\n{self.log}\n{rows}{asked}"


class Prism:
    def __init__(self, binary: str, scratch: str):
        self.binary, self.scratch = binary, scratch

    def talk(self, server: Server, models: str, *lines: str, config: str = "", **variables: str) -> Outcome:
        """Says these lines to a persona, in a database of its own."""
        typed = "".join(f"{line}\n" for line in lines or ("hello",))
        return self.run(server, models, ["chat", "odile"], typed, config, variables)

    def command(self, server: Server, models: str, *arguments: str, **variables: str) -> Outcome:
        return self.run(server, models, list(arguments), "", "", variables)

    def run(self, server, models, arguments, typed, config, variables) -> Outcome:
        if server.journal:
            server.journal_call("POST", "reset/journal")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            (pathlib.Path(folder) / "prism.toml").write_text(config)
            environment = {
                "PATH": os.environ.get("PATH", ""),
                "PRISM_MODELS": models,
                "PRISM_MODEL_URL": server.url,
                "OPENROUTER_API_KEY": server.key,
                "DATABASE_URL": f"sqlite://{folder}/extra.db",
            }
            begun = time.monotonic()
            done = subprocess.run(
                [self.binary, *arguments],
                input=typed,
                env={**environment, **variables},
                cwd=folder,
                capture_output=True,
                encoding="utf-8",
                timeout=PATIENCE,
            )
            seconds = time.monotonic() - begun
            entries = server.journal_call("GET", "journal") if server.journal else []
            entries = [entry for entry in entries if entry["path"].endswith("/chat/completions")]
            database = pathlib.Path(folder) / "terminal.db"
            return Outcome(
                code=done.returncode,
                said=done.stdout,
                log=done.stderr,
                seconds=seconds,
                usage=rows(database, "SELECT * FROM usage ORDER BY id"),
                turns=rows(database, "SELECT state, cause FROM turn ORDER BY id"),
                asked=[entry["body"] for entry in entries],
                heads=[entry["headers"] for entry in entries],
                stored=database.read_bytes() if database.exists() else b"",
            )


def rows(database: pathlib.Path, query: str) -> list[dict]:
    if not database.exists():
        return []
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()
