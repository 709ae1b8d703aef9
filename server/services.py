"""What the handlers of a worker share; `app.py` puts it together."""

from dataclasses import dataclass

from litestar.di import NamedDependency

from server.accounts.passwords import Passwords
from server.auth import Tokens
from server.engine import Engine
from server.identities.handshakes import Handshakes
from server.identities.providers import Providers
from server.limits.allowance import LiveLimits
from server.limits.limiter import Limit, Limiter, Purses
from server.live.desk import Desk
from server.live.fanout import Hub
from server.live.joins import Joins
from server.log.log import Log
from server.orm import Database
from server.recording.history import History
from server.settings import Settings
from server.telemetry.health import Doctor
from server.telemetry.measures import Measures, Values
from server.web.callers import Callers


@dataclass(frozen=True)
class Services:
    settings: Settings
    engine: Engine
    log: Log
    hub: Hub
    database: Database
    history: History
    desk: Desk
    joins: Joins
    tokens: Tokens
    callers: Callers
    passwords: Passwords
    providers: Providers
    handshakes: Handshakes
    measures: Measures
    metrics: Values | None  # None: nobody may read any
    doctor: Doctor
    limiter: Limiter
    live: LiveLimits  # edits and questions, by person and by address
    requests: Purses  # all of the REST interface, by address
    guests: Limit  # new ones, by address
    sessions: Limit
    computed: Limit  # totals without a session
    logins: Limit  # passwords, refresh tokens and new accounts, by address
    attempts: Limit  # passwords, by username; exports
    saves: Limit  # what is kept for good, by person
    saves_of_address: Limit  # and by address: a new guest is made in no time
    searches: Purses  # and what else is read of the library, by address


Provided = NamedDependency[Services]  # how a handler asks for them
