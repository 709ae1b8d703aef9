"""What the handlers of a worker share; `app.py` puts it together."""

from dataclasses import dataclass

from server.auth import Tokens
from server.desk import Desk
from server.engine import Engine
from server.fanout import Hub
from server.limits import Buckets
from server.log import Log
from server.orm import Database
from server.settings import Settings


@dataclass(frozen=True)
class Services:
    settings: Settings
    engine: Engine
    log: Log
    hub: Hub
    database: Database
    desk: Desk
    tokens: Tokens
    guests: Buckets  # new ones, by address
    sessions: Buckets
    computed: Buckets  # totals without a session
    edits: Buckets  # made without a socket, by person
    operations: Buckets
