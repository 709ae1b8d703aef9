"""Who may do what in a session. The rules' numbers are those of `session.py` (S1, S7)."""

from msgspec import Struct

from server.protocol import Role
from server.server_messages import Member, Refused

EDITING: tuple[Role, ...] = ("owner", "editor")
_RANK: dict[Role, int] = {"viewer": 0, "suggester": 1, "editor": 2, "owner": 3}


STREAM = "i"  # before an invitation's id: whom those count as that it alone lets look on


def is_stream(person: str) -> bool:
    """Whether these are overlays that look on by an invitation: nobody whom one meets."""
    return person.startswith(STREAM)


class Membership(Struct, frozen=True, omit_defaults=True):
    """What a person may do in a session. invitation: the id of the one that they came by."""

    name: str
    role: Role
    invitation: str = ""


class Access(Struct, frozen=True, omit_defaults=True):
    """Who may do what. `version` rises with every change; a commit is bound to it.

    title: of the session; locked: nobody edits; ended: it is over; editors_go_back: see
    `may_go_back`.
    """

    version: int
    members: dict[str, Membership]
    title: str = ""
    locked: bool = False
    ended: bool = False
    editors_go_back: bool = False


def collaborators(access: Access) -> tuple[Member, ...]:
    """Everybody with more than a viewer's role, present or not."""
    return tuple(
        Member(person, member.name, member.role)
        for person, member in access.members.items()
        if member.role != "viewer"
    )


def may_edit(access: Access, person: str) -> bool:
    """Change the build, while nothing hinders: owners and editors."""
    member = access.members.get(person)
    return member is not None and member.role in EDITING


def may_invite(role: Role, invited: Role) -> bool:
    """An owner invites to any role but their own; an editor invites viewers."""
    return (role == "owner" and invited != "owner") or (role == "editor" and invited == "viewer")


def hindrance(access: Access, person: str, edit: str) -> Refused | None:
    """Why somebody may not edit, if so."""
    if not may_edit(access, person):
        return Refused("not_allowed", "You may look, but not edit.", id=edit)
    if access.locked:
        return Refused("locked", "The session is locked: nobody edits just now.", id=edit)
    return None


def may_go_back(access: Access, person: str) -> bool:
    """Bring back an earlier revision, and undo what others did: the owner; editors if they let
    them."""
    member = access.members.get(person)
    return member is not None and (
        member.role == "owner" or (member.role == "editor" and access.editors_go_back)
    )


def may_propose(access: Access, person: str) -> bool:
    """Propose, try out, and talk: everybody but viewers."""
    member = access.members.get(person)
    return member is not None and member.role != "viewer"


def better(a: Role, b: Role) -> Role:
    """The one that allows more."""
    return a if _RANK[a] >= _RANK[b] else b
