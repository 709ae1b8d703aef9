"""Settings from the environment: the only reader of `COHORT_…` variables.

What each may be: `variables.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from server.auth import Algorithm
from server.variables import PARSERS, SECRET, sentence


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
    edit_bytes_per_second, edit_bytes_burst: of what edits come to in the log; like
    edits_per_second, operations_per_second, questions_per_second, said_per_second: of one person,
    by all their sockets and requests; people_per_address: an address may do (and save) as much as
    so many.
    audit_days, audit_address_days: how long the audit log keeps what happened, and from where.
    editors, viewers: sockets in a session; sockets_per_person: of these, by one process.
    members: of a session, viewers among them; an invitation makes no more.
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
    edit_bytes_per_second: float = 64 * 1024.0
    edit_bytes_burst: int = 1024 * 1024
    questions_per_second: float = 10.0
    focus_per_second: float = 10.0
    said_per_second: float = 1.0
    said_burst: int = 10
    messages_per_second: float = 50.0
    messages_burst: int = 200
    editors: int = 50
    viewers: int = 10_000
    members: int = 20_000
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


def _read_file(given: tuple[str, str]) -> tuple[str, str]:
    """A variable and its value: of a secret, what is in the file that was named."""
    variable, path = given
    secret = variable.removesuffix("_FILE")
    if not path or secret == variable or secret not in SECRET:
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
        if field not in PARSERS:
            raise SettingsError(f"{variable} is not a setting of Cohort.")
        try:
            values[field] = PARSERS[field](value)
        except ValueError as error:
            shown = "" if variable in SECRET else f" {value!r}"
            raise SettingsError(f"{variable}{shown}: {sentence(error)}.") from None
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
