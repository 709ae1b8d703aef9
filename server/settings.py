"""Settings from the environment: the only reader of `COHORT_…` variables."""

import os
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from server.auth import ALGORITHMS, Algorithm
from server.identities import outgoing
from server.redis import clients

_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
SQL_SCHEMES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg")


class SettingsError(Exception):
    """A variable has a wrong value; the message is one sentence that names it."""


class Settings(Struct, frozen=True):
    """Everything an operator can choose. The defaults are for one machine.

    gamedata: the catalogue file; None is the starter catalogue.
    redis_url: None is the embedded Valkey, database_url "" is SQLite in the data directory.
    secret: signs tokens; "" is one that is made once and kept in the data directory.
    signing: HS256 or EdDSA. old_secrets: whose tokens are still good.
    valkey: the Valkey or Redis server to embed; None is the one that came with Cohort.
    public_url: what links begin with; "" is what the request came to.
    hosts: what requests may call this server, `*.` before a name for all below it; none is all.
    origins: foreign origins whose pages may call the REST interface and open live sockets.
    trusted_proxies: addresses and networks of proxies that say who the client is; none is what
    uvicorn takes (FORWARDED_ALLOW_IPS, else this machine).
    oidc_issuer: an OpenID Connect provider to log in with, whose metadata says the rest; ""
    is none. oidc_client_id, oidc_client_secret: what it knows us by; oidc_name: on the button.
    discord_client_id, discord_client_secret: of our application there; "" is none.
    discord_url: where Discord is.
    guests_per_minute, sessions_per_minute: new ones for one address, and as many at once.
    totals_per_minute: computed without a session, for one address.
    saves_per_minute: to the library, and invitations, keys and new names, for one person;
    searches_per_minute: and whatever else is read of the library, for one address.
    logins_per_minute: passwords and refresh tokens looked at for one address, and new accounts;
    attempts_per_minute: passwords for one account, and exports.
    requests_per_minute: of the REST interface, for one address; before all other limits.
    edits_per_second, operations_per_second, questions_per_second, said_per_second: of one person,
    by all their sockets and requests; people_per_address: an address may do (and save) as much as
    so many.
    audit_days, audit_address_days: how long the audit log keeps what happened, and from where.
    editors, viewers: sockets in a session; sockets_per_person: of these, by one process.
    updates_per_second: frames of a session for its viewers.
    people_ttl_s: how long a killed worker's people are still shown.
    stored_every, log_keeps: revisions between two stored builds, and kept in the log.
    edit_ids: how many edit ids a session remembers.
    idle_s: so long after nobody had it open, a session is removed from Redis; SQL opens it again.
    log_format: text, or json. metrics: "open" has /metrics answer everybody; metrics_token: who
    sends it. otlp_endpoint: of an OpenTelemetry collector (`http://host:4318`); "" is none.
    drain_s: how long a server that is to stop goes on, and says that it is not ready.
    """

    gamedata: Path | None = None
    redis_url: str | None = None
    database_url: str = ""
    secret: str = ""
    signing: Algorithm = "HS256"
    old_secrets: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    workers: int = 1
    valkey: Path | None = None
    public_url: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "OpenID"
    discord_client_id: str = ""
    discord_client_secret: str = ""
    discord_url: str = "https://discord.com"
    requests_per_minute: int = 3000
    people_per_address: int = 20
    guests_per_minute: int = 60
    sessions_per_minute: int = 30
    totals_per_minute: int = 60
    saves_per_minute: int = 30
    searches_per_minute: int = 240
    logins_per_minute: int = 30
    attempts_per_minute: int = 10
    audit_days: int = 365
    audit_address_days: int = 30
    frame_bytes: int = 65536
    body_bytes: int = 512 * 1024
    operations_per_edit: int = 100
    edits_per_second: float = 20.0
    edits_burst: int = 60
    operations_per_second: float = 200.0
    operations_burst: int = 400
    questions_per_second: float = 10.0
    focus_per_second: float = 10.0
    said_per_second: float = 1.0
    said_burst: int = 10
    messages_per_second: float = 50.0
    messages_burst: int = 200
    editors: int = 50
    viewers: int = 10_000
    sockets_per_person: int = 20
    outbox_bytes: int = 1024 * 1024
    updates_per_second: float = 20.0
    join_timeout_s: float = 5.0
    heartbeat_s: float = 20.0
    people_ttl_s: float = 15.0
    compare_every_s: float = 3.0
    stored_every: int = 32
    log_keeps: int = 500
    edit_ids: int = 10_000
    idle_s: float = 24 * 3600.0
    log_level: str = "info"
    log_format: Literal["text", "json"] = "text"
    metrics: Literal["off", "open"] = "off"
    metrics_token: str = ""
    otlp_endpoint: str = ""
    drain_s: float = 0.0

    @property
    def measured(self) -> bool:
        """Whether anybody may read metrics."""
        return self.metrics == "open" or bool(self.metrics_token)

    @property
    def database(self) -> str:
        """The database's URL, with the driver that we use."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'cohort.sqlite'}"
        scheme, separator, rest = self.database_url.partition("://")
        driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
        return driver.get(scheme, scheme) + separator + rest


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


def _sentence(error: ValueError) -> str:
    text = str(error)
    if "invalid literal" in text or "could not convert" in text:
        return "must be a number"
    return text


# What is secret in itself is not repeated in a complaint about it.
_SECRET = (
    "COHORT_SECRET",
    "COHORT_OLD_SECRETS",
    "COHORT_REDIS_URL",
    "COHORT_DATABASE_URL",
    "COHORT_METRICS_TOKEN",
    "COHORT_OIDC_CLIENT_SECRET",
    "COHORT_DISCORD_CLIENT_SECRET",
)

_PARSERS: dict[str, Callable[[str], object]] = {
    "gamedata": _file,
    "redis_url": _redis_url,
    "database_url": _url(*SQL_SCHEMES),
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
    "questions_per_second": _number,
    "focus_per_second": _number,
    "said_per_second": _number,
    "said_burst": _count,
    "messages_per_second": _number,
    "messages_burst": _count,
    "editors": _count,
    "viewers": _count,
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


def _read_file(given: tuple[str, str]) -> tuple[str, str]:
    """A variable and its value: of a secret, what is in the file that was named."""
    variable, path = given
    secret = variable.removesuffix("_FILE")
    if not path or secret == variable or secret not in _SECRET:
        return given
    try:
        return secret, Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{variable} {path!r}: cannot be read.") from None


def read(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """The settings: `given` (a command's flags; None is "not given") before the environment.

    What is secret may be in a file that the variable with `_FILE` after it names.
    Raises SettingsError for the first variable that is wrong or unknown.
    """
    values: dict[str, object] = {}
    for variable, value in map(_read_file, environment.items()):
        if not variable.startswith("COHORT_") or not value:
            continue
        field = variable.removeprefix("COHORT_").lower()
        if field not in _PARSERS:
            raise SettingsError(f"{variable} is not a setting of Cohort.")
        try:
            values[field] = _PARSERS[field](value)
        except ValueError as error:
            shown = "" if variable in _SECRET else f" {value!r}"
            raise SettingsError(f"{variable}{shown}: {_sentence(error)}.") from None
    for one, other in (
        ("oidc_issuer", "oidc_client_id"),
        ("discord_client_id", "discord_client_secret"),
    ):
        if (one in values) != (other in values):
            raise SettingsError(f"COHORT_{one.upper()} and COHORT_{other.upper()} go together.")
    values |= {field: value for field, value in given.items() if value is not None}
    return Settings(**values)  # type: ignore[arg-type]


def share_metrics(folder: Path) -> None:
    """Have the metrics library keep values in a folder, for the workers of one launcher. It takes
    that from the environment alone, when it is loaded."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
