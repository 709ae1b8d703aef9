"""What the handlers of a worker share; `app.py` puts it together."""

from dataclasses import dataclass

from server.auth import Tokens
from server.callers import Callers
from server.desk import Desk
from server.engine import Engine
from server.fanout import Hub
from server.joins import Joins
from server.limits import Buckets
from server.log import Log
from server.orm import Database
from server.passwords import Passwords
from server.settings import Settings


@dataclass(frozen=True)
class Services:
    settings: Settings
    engine: Engine
    log: Log
    hub: Hub
    database: Database
    desk: Desk
    joins: Joins
    tokens: Tokens
    callers: Callers
    passwords: Passwords
    guests: Buckets  # new ones, by address
    sessions: Buckets
    computed: Buckets  # totals without a session
    logins: Buckets  # passwords, refresh tokens and new accounts, by address
    attempts: Buckets  # passwords, by username
    edits: Buckets  # made without a socket, by person
    operations: Buckets
    saves: Buckets  # to the library, by person
    searches: Buckets  # and what else is read of the library, by address
