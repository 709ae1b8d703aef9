"""What an operator hosts Cohort with says nothing that the code does not hold.

No engine that runs containers is here: the files are read, not run.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from server import settings
from server.cli import COMMANDS
from server.launcher import STOP_S

ROOT = Path(__file__).parents[2]
# Of the Compose Specification, what we use.
SERVICE = {
    "build": str,
    "cap_drop": list,
    "command": list,
    "depends_on": dict,
    "env_file": str,
    "environment": dict,
    "healthcheck": dict,
    "image": str,
    "init": bool,
    "ports": list,
    "read_only": bool,
    "restart": str,
    "security_opt": list,
    "shm_size": str,
    "stop_grace_period": str,
    "tmpfs": list,
    "volumes": list,
}
CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def test_compose_has_fields_of_the_right_kind_only(compose: dict[str, Any]) -> None:
    assert {name for name in compose if not name.startswith("x-")} == {
        "name",
        "services",
        "volumes",
    }
    for name, service in compose["services"].items():
        for field, value in service.items():
            assert isinstance(value, SERVICE[field]), (name, field)
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert compose["services"][other]["healthcheck"]["test"][0] == "CMD"
        for mount in service["volumes"]:
            assert mount.split(":")[0] in compose["volumes"]
        assert service["restart"] in ("no", "unless-stopped")


def test_compose_runs_what_there_is(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in ("app", "release"):
        assert services[name]["command"][0] in COMMANDS
        assert services[name]["read_only"]
    assert "release" in services["app"]["depends_on"]
    assert int(services["app"]["stop_grace_period"].removesuffix("s")) > STOP_S
    valkey = services["valkey"]["command"]
    told = dict(zip(valkey[1::2], valkey[2::2], strict=True))
    assert told["--appendonly"] == "yes"
    assert told["--maxmemory-policy"] == "noeviction"


def test_the_settings_of_compose_are_settings(compose: dict[str, Any]) -> None:
    for name in ("app", "release"):
        given = {
            variable: re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", filled, value)
            for variable, value in compose["services"][name]["environment"].items()
        }
        # What compose says is before what is in `.env`, which may set whatever else there is.
        own = {"COHORT_PORT": "9000", "COHORT_HOST": "localhost", "COHORT_LOG_FORMAT": "json"}
        read = settings.read(own | given)
        assert (read.host, read.port, read.log_format) == ("0.0.0.0", 8000, "json")
        assert compose["services"][name]["env_file"] == ".env"
        assert read.workers == 2
        assert read.redis_url == "redis://valkey:6379"
        assert read.database.startswith("postgresql+asyncpg://cohort:")
        assert read.database.endswith("@postgres/cohort")
    ours = compose["services"]["postgres"]["environment"]
    assert ours["POSTGRES_USER"] == "cohort"  # and the database is called so, too


def filled(variable: re.Match[str]) -> str:
    """As an operator fills them in: what must be given is long enough."""
    return "x" * 32 if ":?" in variable[0] else variable[1] or ""


def test_the_image_is_made_of_what_is_there(dockerfile: list[list[str]]) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = set()
    for instruction, rest in dockerfile:
        if instruction == "COPY" and "--from=" not in rest:
            *sources, _ = rest.split()
            copied |= set(sources)
    assert copied == kept
    assert all((ROOT / each).exists() for each in copied)
    packages = re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text())
    assert packages
    assert {each.strip(' "') for each in packages[1].split(",")} < copied


def test_the_image_runs_as_nobody_and_is_asked_whether_it_is_ready(
    dockerfile: list[list[str]],
) -> None:
    said = dict(dockerfile)
    assert said["USER"] == "cohort"
    assert "/health/ready" in said["HEALTHCHECK"]
    assert said["ENTRYPOINT"] == '["cohort"]'
    assert said["CMD"] == '["serve"]'
    variables = dict(each.split("=", 1) for each in shlex.split(said["ENV"]))
    read = settings.read(variables)
    assert (read.host, read.port, str(read.data_dir)) == ("0.0.0.0", 8000, said["VOLUME"])
    install = [rest for instruction, rest in dockerfile if "requirements.lock" in rest]
    assert any("--require-hashes" in each for each in install)


def test_the_procfile_names_commands() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    processes = dict(line.split(": ", 1) for line in lines)
    assert processes["release"] == "cohort migrate"
    assert processes["web"].startswith("cohort serve ")
