"""Settings: what is wrong is refused in one sentence that names the variable."""

from pathlib import Path

import pytest

from server import settings
from server.settings import Settings, SettingsError
from server.variables import PARSERS


def test_nothing_set_is_the_default() -> None:
    assert settings.read({}) == Settings()


def test_an_empty_variable_is_not_set_and_others_are_ignored() -> None:
    assert settings.read({"COHORT_PORT": "", "PATH": "/bin"}) == Settings()


def test_a_flag_comes_before_the_environment() -> None:
    read = settings.read({"COHORT_PORT": "9000", "COHORT_HOST": "::1"}, port=9001, host=None)
    assert (read.port, read.host) == (9001, "::1")


def test_every_setting_can_be_set() -> None:
    assert set(PARSERS) == set(Settings.__struct_fields__)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("COHORT_PORT", "http", "COHORT_PORT 'http': must be a number."),
        ("COHORT_PORT", "65536", "COHORT_PORT '65536': must be between 0 and 65535."),
        ("COHORT_WORKERS", "0", "COHORT_WORKERS '0': must be between 1 and 2147483648."),
        ("COHORT_GAMEDATA", "/nowhere", "COHORT_GAMEDATA '/nowhere': is not a file."),
        ("COHORT_HEARTBEAT_S", "nan", "COHORT_HEARTBEAT_S 'nan': must be above 0."),
        ("COHORT_LOG_LEVEL", "loud", "must be debug, info, warning or error."),
        ("COHORT_LOG_FORMAT", "xml", "must be text or json."),
        ("COHORT_METRICS", "yes", "must be off or open."),
        ("COHORT_OTLP_ENDPOINT", "collector:4318", "must begin with one of http://, https://."),
        ("COHORT_DRAIN_S", "-1", "must be between 0 and 600."),
        ("COHORT_ORIGINS", "example.org", "must be origins like https://example.org"),
        ("COHORT_HOSTS", "https://example.org", "must be names like example.org"),
        ("COHORT_HOSTS", "example.org:443", "without ports"),
        ("COHORT_TRUSTED_PROXIES", "*", "must be addresses or networks"),
        ("COHORT_TRUSTED_PROXIES", "10.0.0.1,proxy", "must be addresses or networks"),
        ("COHORT_PUBLIC_URL", "example.org", "must begin with one of http://, https://."),
        ("COHORT_OIDC_ISSUER", "http://id.example.org", "must begin with https://."),
        ("COHORT_DISCORD_URL", "discord.com", "must be a URL like https://example.org."),
        ("COHORT_OIDC_CLIENT_ID", "x", "COHORT_OIDC_CLIENT_ID go together."),
        ("COHORT_REDIS", "redis://x", "COHORT_REDIS is not a setting of Cohort."),
    ],
)
def test_a_wrong_value_is_one_sentence(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings.read({variable: value})
    assert sentence in str(error.value)
    assert variable in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("COHORT_SECRET", "hunter2"),
        ("COHORT_METRICS_TOKEN", "hunter2"),
        ("COHORT_REDIS_URL", "http://me:hunter2@host"),
        ("COHORT_REDIS_URL", "redis://:hunter2#x@host"),
        ("COHORT_REDIS_URL", "redis://:2/hunter2@host"),
        ("COHORT_REDIS_URL", "redis://:hunter2\u2100@host"),
        ("COHORT_REDIS_URL", "redis+cluster://:2#hunter2@host:7000"),
        ("COHORT_REDIS_URL", "redis://[::1:6379"),
        ("COHORT_DATABASE_URL", "mysql://me:hunter2@host"),
        ("COHORT_DATABASE_URL", "postgresql://me:a@hunter2@host/x"),
        ("COHORT_DATABASE_URL", "postgresql://me:a@hunter:2@host/x"),
        ("COHORT_DATABASE_URL", "postgresql://me:hunter2@host:65536/x"),
        ("COHORT_DATABASE_URL", "postgresql://me:hunter2@host/x?sslmode=require"),
    ],
)
def test_a_secret_is_not_repeated(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings.read({variable: value})
    assert variable in str(error.value)
    assert "hunter" not in str(error.value)


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("a secret of 32 characters, or more\n")
    read = settings.read({"COHORT_SECRET_FILE": str(path)})
    assert read.secret == "a secret of 32 characters, or more"
    path.write_text("hunter2")
    with pytest.raises(SettingsError, match=r"COHORT_SECRET: must have at least 32") as error:
        settings.read({"COHORT_SECRET_FILE": str(path)})
    assert "hunter" not in str(error.value)
    with pytest.raises(SettingsError, match=r"COHORT_SECRET_FILE '.*nowhere': cannot be read"):
        settings.read({"COHORT_SECRET_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match="COHORT_HOST_FILE is not a setting"):
        settings.read({"COHORT_HOST_FILE": str(path)})


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgresql://host/cohort", "postgresql+asyncpg://host/cohort"),
        ("postgresql+asyncpg://host/cohort", "postgresql+asyncpg://host/cohort"),
        ("sqlite:////var/cohort.sqlite", "sqlite+aiosqlite:////var/cohort.sqlite"),
    ],
)
def test_a_database_url_gets_its_driver(url: str, database: str) -> None:
    assert settings.read({"COHORT_DATABASE_URL": url}).database == database


def test_the_database_is_in_the_data_directory(tmp_path: Path) -> None:
    read = settings.read({"COHORT_DATA_DIR": str(tmp_path)})
    assert read.database == f"sqlite+aiosqlite:///{tmp_path}/cohort.sqlite"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p%40ss@one:6379/1",
        "rediss://me:secret@[::1]",
        "unix://:secret@/run/at@home.sock",
        "redis+sentinel://one:26379,two:26379/mymaster",
        "redis+sentinel://:secret@one:26379/mymaster",
        "redis+cluster://one:7000,two:7001",
    ],
)
def test_redis_of_one_server_or_several(url: str) -> None:
    assert settings.read({"COHORT_REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    "url", ["redis+sentinel://one:26379", "redis+cluster://one", "redis+cluster://one:x", "http://"]
)
def test_a_redis_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        settings.read({"COHORT_REDIS_URL": url})


def test_metrics_are_off_unless_somebody_may_read_them() -> None:
    assert not settings.read({}).measured
    assert settings.read({"COHORT_METRICS": "open"}).measured
    assert settings.read({"COHORT_METRICS_TOKEN": "token-of-the-tests"}).measured
