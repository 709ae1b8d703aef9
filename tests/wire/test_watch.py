"""`cohort watch`, as a user runs it: in a pipe, and in a terminal."""

import asyncio
import os
import pty
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.wire.serving import COHORT, Owner, Server


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, title="Nova", archetype="Class_Scrapper")


@contextmanager
def watching(*arguments: str, stdout: int = subprocess.PIPE) -> Iterator[Any]:
    """The running command; it is ended by Ctrl-C, and must end well."""
    command = [COHORT, "watch", *arguments]
    with subprocess.Popen(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
        finally:
            process.kill()


def line_with(process: Any, *texts: str) -> str:
    """The next line that has these texts."""
    for line in process.stdout:
        if all(text in line for text in texts):
            return str(line)
    raise AssertionError(f"no line with {texts}: {process.stderr.read()}")


def edit(who: Owner, *operations: dict[str, Any]) -> None:
    path = f"/api/v1/sessions/{who.session}/edits"
    key = {"Idempotency-Key": str(uuid.uuid4())}
    who.call("POST", path, {"base": 0, "operations": operations}, **key)


def test_in_a_pipe_each_event_is_a_line(ann: Owner) -> None:
    link = ann.invite("editor")["url"]
    with watching(link, "--stat", "health.max", "--name", "Bob") as process:
        line_with(process, "joined as Bob (editor)")
        line_with(process, "total health.max 1")
        edit(ann, {"type": "set_level", "level": 30}, {"type": "set_title", "title": "N"})
        line_with(process, "1 Ann set the level to 30 and 1 more")
        line_with(process, "total health.max 9")


def test_a_viewer_sees_what_changed(ann: Owner) -> None:
    with watching(ann.invite("viewer")["url"], "--stat", "health.*") as process:
        line_with(process, "joined as Watcher (viewer)")
        line_with(process, "here: 1 person")
        edit(ann, {"type": "set_level", "level": 30})
        line_with(process, "1 changed: level 30")
        line_with(process, "total health.regeneration_per_second")


def test_it_says_that_it_is_away_and_comes_back(tmp_path: Path) -> None:
    server = Server(tmp_path)
    ann = Owner(server.url)
    with watching(ann.invite("viewer")["url"]) as process:
        line_with(process, "joined")
        server.stop()
        line_with(process, "away: The server is restarting; trying again in")
        asyncio.run(server.restart())
        line_with(process, "joined")
    server.ends_well()


def test_a_terminal_shows_totals_and_changes(ann: Owner) -> None:
    reader, writer = pty.openpty()
    with watching(ann.invite("editor")["url"], stdout=writer) as process:
        os.close(writer)
        shown = ""

        def until(text: str) -> None:
            nonlocal shown
            while text not in shown:
                shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(reader, 65536).decode())

        until("● live")
        until("Health Max HP")
        edit(ann, {"type": "set_level", "level": 30})
        until("Ann set the level to 30")
        assert "Nova" in shown
        assert process.poll() is None
        os.set_blocking(reader, False)
    os.close(reader)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "is no link to a session"),
        (["http://127.0.0.1:1/s/abc"], "The link has no secret"),
        (["http://127.0.0.1:1/s/abc#x", "--stat", "no.such"], "No stat is called 'no.such'"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_sentence(arguments: list[str], said: str) -> None:
    ended = subprocess.run([COHORT, "watch", *arguments], capture_output=True, text=True)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_an_invitation_that_is_none_ends_with_the_reason(ann: Owner) -> None:
    link = f"{ann.url}/s/{ann.session}#nosuchsecret"
    ended = subprocess.run([COHORT, "watch", link], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr == "Error: This invitation is not valid.\n"


def test_a_name_that_is_refused_ends_with_the_reason(ann: Owner) -> None:
    command = [COHORT, "watch", ann.invite("viewer")["url"], "--name", "B" * 41]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert ended.stderr == "Error: name: Expected `str` of length <= 40\n"


def test_who_waits_for_a_server_is_told_so() -> None:
    command = [COHORT, "watch", "http://127.0.0.1:1/s/abc#x"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("http://127.0.0.1:1 does not answer yet")
        process.kill()
