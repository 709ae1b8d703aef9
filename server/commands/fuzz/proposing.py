"""What one person proposes, and presses on what is proposed."""

from random import Random

from msgspec import Struct

from calc.operations import Operation
from server.client_messages import Decide, Propose
from server.commands.fuzz.journal import Journal
from server.protocol import ProposalState
from server.server_messages import Accepted, Proposal, Refused


class Proposed(Struct):
    """A proposal of theirs. state: as they were told last; "" before that."""

    propose: Propose
    state: ProposalState | str = ""
    refused: bool = False

    @property
    def waits(self) -> bool:
        return not (self.state or self.refused)


class Pressed(Struct):
    """A decision of theirs. revision: of the change that it is, by the answer; 0: of none."""

    decide: Decide
    answered: bool = False
    revision: int = 0


class Proposing:
    """One person's proposals and decisions.

    own: by the proposal's id; pressed: by the message's.
    """

    def __init__(self, name: str, journal: Journal, random: Random) -> None:
        self.own: dict[str, Proposed] = {}
        self.pressed: dict[str, Pressed] = {}
        self._name = name
        self._journal = journal
        self._random = random
        self._seen: list[str] = []  # ids of proposals, the newest last

    @property
    def waiting(self) -> list[Propose | Decide]:
        """What is not answered."""
        return [
            *(each.propose for each in self.own.values() if each.waits),
            *(each.decide for each in self.pressed.values() if not each.answered),
        ]

    # What they do.

    def propose(self, new: str, operations: tuple[Operation, ...]) -> Propose:
        """A new proposal, or one of before again."""
        if self.own and self._random.random() < 0.15:
            return self._random.choice(list(self.own.values())).propose
        self._journal.note(self._name, f"proposes {new[:8]}")
        made = Propose(new, operations, self._random.choice(("", "What about this?")))
        self.own[new] = Proposed(made)
        return made

    def decide(self, new: str, waiting: list[str], *, edits: bool) -> Decide | None:
        """Press on what waits for a decision, or was decided a moment ago.

        edits: whether they may accept; others withdraw what is theirs.
        """
        mine = [each for each in waiting if edits or each in self.own]
        if edits and self._random.random() < 0.2:
            mine += self._seen[-5:]
        if not mine:
            return None
        # Mostly the newest, as others do at the same moment.
        chosen = mine[-1] if self._random.random() < 0.6 else self._random.choice(mine)
        return self.press(new, chosen, accept=self._random.random() < 0.7)

    def press(self, new: str, proposal: str, *, accept: bool) -> Decide:
        made = Decide(new, proposal, accept)
        what = "accept" if accept else "decline"
        self._journal.note(self._name, f"would {what} {proposal[:8]}: {new[:8]}")
        self.pressed[new] = Pressed(made)
        return made

    # What they are told.

    def told(self, proposal: Proposal) -> None:
        """A new or decided proposal."""
        if proposal.id not in self._seen:
            self._seen.append(proposal.id)
        if (own := self.own.get(proposal.id)) is not None:
            own.state = proposal.state
        if proposal.state == "open":
            return
        self._journal.note(self._name, f"is told that {proposal.id[:8]} is {proposal.state}")
        for each in self.pressed.values():
            if each.decide.proposal == proposal.id and not each.decide.accept:
                each.answered = True

    def lost(self, message: Refused) -> bool:
        """Whether this tells that an edit is lost which somebody made of a proposal: the edit's id
        is the proposal's."""
        return message.code == "lost" and message.id in self._seen

    def answered(self, message: Accepted | Refused, *, again: bool) -> bool:
        """Whether this answers something of theirs. again: it does not do so finally."""
        assert isinstance(message.id, str)
        own, pressed = self.own.get(message.id), self.pressed.get(message.id)
        if own is None and pressed is None:
            # A redone loss is told by the edit's id, which is the proposal's.
            return isinstance(message, Accepted) and message.id in self._seen
        if isinstance(message, Accepted):
            self._journal.note(self._name, f"accepted {message.id[:8]} as {message.revision}")
            if pressed is not None:
                pressed.answered, pressed.revision = True, message.revision
            return True
        self._journal.note(self._name, f"refused {message.id[:8]}: {message.code}")
        self._journal.expect(
            message.code not in ("internal", "invalid", "id_reused", "no_proposal"),
            self._name,
            f"a proposal or decision is refused {message.code}: {message.message}",
        )
        if not again:
            if own is not None:
                own.refused = True
            if pressed is not None:
                pressed.answered = True
        return True
