"""What each `COHORT_…` variable may be: read as the value of its setting, or refused."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.auth import ALGORITHMS, Algorithm
from server.identities import outgoing
from server.redis import clients

_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
SQL_SCHEMES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg")


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser()


def _file(value: str) -> Path:
    path = _path(value)
    if not path.is_file():
        raise ValueError("is not a file")
    return path


def _port(value: str) -> int:
    return _between(int(value), 0, 65535)


def _count(value: str) -> int:
    return _between(int(value), 1, 2**31)


def _number(value: str) -> float:
    number = float(value)
    if not 0 < number < 1e9:
        raise ValueError("must be above 0")
    return number


def _between(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(f"must be between {low} and {high}")
    return number


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def _secrets(value: str) -> tuple[str, ...]:
    return tuple(_secret(each.strip()) for each in value.split(",") if each.strip())


def _algorithm(value: str) -> Algorithm:
    for algorithm in ALGORITHMS:
        if algorithm.lower() == value.lower():
            return algorithm
    raise ValueError(f"must be one of {', '.join(ALGORITHMS)}")


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.partition("://")[0] not in schemes:
            raise ValueError(f"must begin with one of {', '.join(s + '://' for s in schemes)}")
        return value.rstrip("/") if schemes == ("http", "https") else value

    return parse


def _asked(value: str) -> str:
    """Where we send what proves who we are: nobody may listen on the way."""
    if problem := outgoing.problem(value):
        raise ValueError(problem)
    return value


def _sql_url(value: str) -> str:
    known = _url(*SQL_SCHEMES)(value)
    try:
        url = make_url(known)
    except (ArgumentError, ValueError):  # which may say what the password is
        raise ValueError(clients.UNREADABLE) from None
    if "@" in (url.host or "") or (url.port or 0) > 65535:
        raise ValueError(clients.UNREADABLE)
    if "sslmode" in url.query:  # as other drivers call it
        raise ValueError("must have ssl=require (or another mode) instead of sslmode")
    return known


def _redis_url(value: str) -> str:
    problem = clients.problem(value)
    if problem:
        raise ValueError(problem)
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError("must be origins like https://example.org, separated by commas")
    return origins


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("must be names like example.org or *.example.org, without ports")
    return hosts


def _networks(value: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in value.split(",") if part.strip())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError("must be addresses or networks, separated by commas") from None
    return networks


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return value.lower()

    return parse


def _token(value: str) -> str:
    if len(value) < 16 or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must have at least 16 letters, digits and signs")
    return value


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 <= number <= 600:
        raise ValueError("must be between 0 and 600")
    return number


def _level(value: str) -> str:
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error")
    return value.lower()


def sentence(error: ValueError) -> str:
    """What a value must be, as the end of a sentence that names the variable."""
    text = str(error)
    if "invalid literal" in text or "could not convert" in text:
        return "must be a number"
    return text


# What is secret in itself is not repeated in a complaint about it.
SECRET = (
    "COHORT_SECRET",
    "COHORT_OLD_SECRETS",
    "COHORT_REDIS_URL",
    "COHORT_DATABASE_URL",
    "COHORT_METRICS_TOKEN",
    "COHORT_OIDC_CLIENT_SECRET",
    "COHORT_DISCORD_CLIENT_SECRET",
)

PARSERS: dict[str, Callable[[str], object]] = {
    "gamedata": _file,
    "redis_url": _redis_url,
    "database_url": _sql_url,
    "secret": _secret,
    "signing": _algorithm,
    "old_secrets": _secrets,
    "host": _text,
    "port": _port,
    "data_dir": _path,
    "workers": _count,
    "valkey": _file,
    "public_url": _url("http", "https"),
    "hosts": _hosts,
    "origins": _origins,
    "trusted_proxies": _networks,
    "oidc_issuer": _asked,
    "oidc_client_id": _text,
    "oidc_client_secret": _text,
    "oidc_name": _text,
    "discord_client_id": _text,
    "discord_client_secret": _text,
    "discord_url": _asked,
    "requests_per_minute": _count,
    "people_per_address": _count,
    "guests_per_minute": _count,
    "sessions_per_minute": _count,
    "totals_per_minute": _count,
    "saves_per_minute": _count,
    "searches_per_minute": _count,
    "logins_per_minute": _count,
    "attempts_per_minute": _count,
    "audit_days": _count,
    "audit_address_days": _count,
    "frame_bytes": _count,
    "body_bytes": _count,
    "operations_per_edit": _count,
    "edits_per_second": _number,
    "edits_burst": _count,
    "operations_per_second": _number,
    "operations_burst": _count,
    "edit_bytes_per_second": _number,
    "edit_bytes_burst": _count,
    "questions_per_second": _number,
    "focus_per_second": _number,
    "said_per_second": _number,
    "said_burst": _count,
    "messages_per_second": _number,
    "messages_burst": _count,
    "editors": _count,
    "viewers": _count,
    "members": _count,
    "sockets_per_person": _count,
    "outbox_bytes": _count,
    "updates_per_second": _number,
    "join_timeout_s": _number,
    "heartbeat_s": _number,
    "people_ttl_s": _number,
    "compare_every_s": _number,
    "stored_every": _count,
    "log_keeps": _count,
    "edit_ids": _count,
    "idle_s": _number,
    "log_level": _level,
    "log_format": _one_of("text", "json"),
    "metrics": _one_of("off", "open"),
    "metrics_token": _token,
    "otlp_endpoint": _url("http", "https"),
    "drain_s": _seconds,
}
