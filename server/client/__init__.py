"""A Python client of the live protocol: what a program needs to be in a session."""

from server.client.client import Client
from server.client.link import Link, read_link
from server.client.replica import GapError, Replica
from server.client.staying import Away, NoAnswerError
from server.client.unanswered import AGAIN, ClosedError, RefusedError

__all__ = [
    "AGAIN",
    "Away",
    "Client",
    "ClosedError",
    "GapError",
    "Link",
    "NoAnswerError",
    "RefusedError",
    "Replica",
    "read_link",
]
