"""What the README tells client authors to type does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.wire.serving import Owner, Server

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, archetype="Class_Scrapper")


def test_the_python_example_edits_and_follows(ann: Owner) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    command = [sys.executable, "-u", "-c", example, ann.invite("editor")["url"]]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as bot:
        try:
            assert bot.stdout is not None
            said = [line.strip() for _, line in zip(range(4), bot.stdout, strict=False)]
        finally:
            bot.kill()
    assert said[0].startswith("Accepted(")
    assert re.fullmatch(r"1 \d+\.\d+", said[-1]), said
    assert ann.snapshot()["build"]["title"] == "Nova"


def curls() -> list[str]:
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    return re.findall(r"^curl (?:[^\n]*\\\n)*[^\n]*$", shell, re.MULTILINE)


def test_each_curl_command_is_answered(ann: Owner) -> None:
    """A session is made, edited, watched, looked back on: as the README has it."""
    environment = {
        **os.environ,
        "URL": ann.url,
        "ID": ann.session,
        "TOKEN": ann.token,
        "PERSON": ann.person,
        "SECRET": ann.invite("viewer")["secret"],
    }
    commands = curls()
    assert len(commands) == 11
    for command in commands:
        command = command.replace("curl ", "curl -sf ")
        if "stream" in command:
            command = command.replace("curl -sf", "curl -sf -m 2") + " | head -n 6"
        answer = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=30
        )
        assert answer.returncode == 0, (command, answer.stdout, answer.stderr)
        assert ("event: totals" if "stream" in command else '{"') in answer.stdout, command
    history = ann.call("GET", f"/api/v1/sessions/{ann.session}/history")["changes"]
    assert [each["what"] for each in history] == [
        "Ann took back 2 edits of Ann.",
        "Ann went back to revision 0.",
        "Ann set the level to 30.",
    ]


def test_the_pages_it_names_are_there(ann: Owner) -> None:
    for path in ("/docs/live", "/docs/live/asyncapi.json", "/health/live", "/health/ready"):
        assert path in README
        assert httpx.get(ann.url + path).status_code == 200
