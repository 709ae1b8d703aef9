"""A client's copy of a session, kept by messages alone; it knows no rules of the game."""

from typing import Any

import msgspec
from msgspec import UNSET

from calc import patch
from calc.rules import Finding
from calc.totals import Total
from server.protocol import Position
from server.server_messages import (
    Change,
    People,
    Present,
    Proposal,
    ServerMessage,
    Snapshot,
    Totals,
    Update,
    Welcome,
)


class GapError(Exception):
    """A change did not follow the one before: the server broke its promise."""


class Replica:
    """Everything that a client was told of a session.

    document: the build's; totals: of the stats that it is sent. people: who is here, by id, and
    number: how many (viewers are told nothing else). proposals: those that wait, by id.
    """

    def __init__(self) -> None:
        self.position = Position("", 0)
        self.document: Any = {}
        self.totals: dict[str, Total] = {}
        self.findings: tuple[Finding, ...] = ()
        self.people: dict[str, Present] = {}
        self.number = 0
        self.proposals: dict[str, Proposal] = {}
        self._epoch = ""
        self._person = ""  # who the client is

    @property
    def revision(self) -> int:
        return self.position.revision

    def take(self, message: ServerMessage) -> None:
        """Follow a message. Raises GapError."""
        match message:
            case Welcome():
                self._epoch, self._person = message.epoch, message.person
                self.proposals = {}  # those that still wait are told anew
                self.people = {each.person: each for each in message.people}
                self.number = len(self.people) if message.number is UNSET else message.number
            case Snapshot():
                self.position = Position(message.epoch, message.revision, message.edit, message.at)
                self.document = msgspec.to_builtins(message.build)
                self.totals = message.totals
                self.findings = message.findings
                if message.people:
                    self.people = {each.person: each for each in message.people}
                if message.proposals is not UNSET:
                    self.proposals = {each.id: each for each in message.proposals}
            case Change():
                if message.revision != self.revision + 1:
                    raise GapError(f"{message.revision} came after {self.revision}")
                self._follow(message)
            case Update():
                if message.from_ != self.revision:
                    raise GapError(f"an update from {message.from_} came at {self.revision}")
                self._follow(message)
            case Totals():
                self.position = Position(self._epoch, message.revision, at=message.at)
                self.totals = {**self.totals, **message.totals}
            case Proposal(state="open"):
                self.proposals[message.id] = message
            case Proposal():
                self.proposals.pop(message.id, None)
            case People():
                self._meet(message)

    def _follow(self, message: Change | Update) -> None:
        epoch = self.position.epoch
        self.position = Position(epoch, message.revision, message.edit, message.at)
        self.document = patch.merge(self.document, message.patch)
        self.totals = {**self.totals, **message.totals}
        if message.findings is not UNSET:
            self.findings = message.findings

    def _meet(self, message: People) -> None:
        for person in message.left:
            self.people.pop(person, None)
        for each in (*message.joined, *message.changed):
            self.people[each.person] = each
            if each.person == self._person and each.role == "viewer":
                self.proposals = {}  # nobody tells viewers what becomes of them
        self.number = len(self.people) if message.number is UNSET else message.number
