"""What an owner does by REST reaches live sockets, on every worker."""

import asyncio
from typing import Any

from tests.wire.serving import Owner, Raw, Server


class Session:
    """Ann's session on one server, with Bob in it by the other."""

    ann: Owner
    raw: Raw
    bob: Raw
    person: str
    invitation: dict[str, str]

    @classmethod
    async def open(cls, servers: tuple[Server, Server]) -> "Session":
        self = cls()
        one, other = servers
        self.ann = Owner(one.url)
        self.invitation = self.ann.invite()
        self.raw = await Raw.open(one.url, self.ann.session)
        await self.raw.join(token=self.ann.token)
        self.bob = await Raw.open(other.url, self.ann.session)
        welcome = await self.bob.join(invitation=self.invitation["secret"], name="Bob")
        self.person = welcome["person"]
        await self.bob.receive("snapshot")
        return self

    def call(self, method: str, path: str = "", body: Any = None, **options: Any) -> Any:
        return self.ann.call(method, f"/api/v1/sessions/{self.ann.session}{path}", body, **options)

    async def edit(self, number: int) -> dict[str, Any]:
        """How an edit of Bob's is refused."""
        operations = [{"type": "set_level", "level": number}]
        edit = {"type": "edit", "id": f"edit-{number:04}", "base": 0, "operations": operations}
        await self.bob.send(edit)
        return await self.bob.receive("refused")

    async def close(self) -> None:
        await self.raw.socket.close()
        await self.bob.socket.close()


async def test_a_role_that_was_taken_away_edits_no_more(
    two_servers: tuple[Server, Server],
) -> None:
    session = await Session.open(two_servers)
    async with asyncio.timeout(20):
        changed = session.call("PATCH", f"/members/{session.person}", {"role": "suggester"})
        assert (changed["role"], changed["name"]) == ("suggester", "Bob")
        assert (await session.edit(3))["code"] == "not_allowed"
        roles = {"Ann": "owner", "Bob": "suggester"}
        while roles != {
            each["name"]: each["role"] for each in (await session.raw.receive("about"))["members"]
        }:
            pass  # that Bob came is told too
    await session.close()
    assert session.ann.snapshot()["revision"] == 0


async def test_who_is_kicked_is_told_and_comes_back_only_by_a_link(
    two_servers: tuple[Server, Server],
) -> None:
    session = await Session.open(two_servers)
    async with asyncio.timeout(20):
        removed = session.call("DELETE", f"/members/{session.person}")
        assert removed == {"invitation": session.invitation["id"]}
        goodbye = await session.bob.receive("goodbye")
        assert "retry_after" not in goodbye
        assert await session.bob.closed() == (4403, goodbye["reason"])
        back = await Raw.open(two_servers[1].url, session.ann.session)
        welcome = await back.join(invitation=session.invitation["secret"], name="Bob")
        assert welcome["role"] == "editor"
        session.call("DELETE", f"/invitations/{removed['invitation']}", status=204)
        assert (await back.closed())[0] == 4403
        assert [each["name"] for each in session.call("GET", "/members")] == ["Ann"]
        (link,) = session.call("GET", "/invitations")
        assert link["revoked_at"]
        assert link["members"] == 0
    await session.close()


async def test_a_locked_session_is_edited_by_nobody(two_servers: tuple[Server, Server]) -> None:
    session = await Session.open(two_servers)
    async with asyncio.timeout(20):
        answer = session.call("PATCH", "", {"title": "Raid night", "locked": True})
        assert (answer["title"], answer["locked"]) == ("Raid night", True)
        assert (await session.edit(3))["code"] == "locked"
        await session.raw.send({"type": "undo", "id": "undo-0001", "base": 0})
        assert (await session.raw.receive("refused"))["code"] == "locked"
        newcomer = await Raw.open(two_servers[0].url, session.ann.session)
        welcome = await newcomer.join(token=session.ann.token)
        assert (welcome["title"], welcome["locked"]) == ("Raid night", True)
        await newcomer.socket.close()
        session.call("PATCH", "", {"locked": False})
        assert session.call("PATCH", "", {"title": "a\nb"}, status=400)["code"] == "invalid"
        await session.raw.send({"type": "undo", "id": "undo-0002", "base": 0})
        assert (await session.raw.receive("refused"))["code"] == "nothing_to_undo"
    await session.close()


async def test_the_owner_hands_over_and_edits_on(two_servers: tuple[Server, Server]) -> None:
    session = await Session.open(two_servers)
    async with asyncio.timeout(20):
        session.call("PUT", "/owner", {"person": session.person}, status=204)
        assert session.call("DELETE", "", status=403)["code"] == "not_allowed"
        roles = {each["person"]: each["role"] for each in session.call("GET", "/members")}
        assert roles == {session.ann.person: "editor", session.person: "owner"}
        operations = [{"type": "set_level", "level": 3}]
        edit = {"type": "edit", "id": "edit-0001", "base": 0, "operations": operations}
        await session.raw.send(edit)
        assert (await session.raw.receive("accepted"))["revision"] == 1
    await session.close()


async def test_an_ended_session_closes_and_never_opens_again(
    two_servers: tuple[Server, Server],
) -> None:
    session = await Session.open(two_servers)
    async with asyncio.timeout(20):
        session.call("DELETE", "", status=204)
        for each in (session.raw, session.bob):
            assert "retry_after" not in await each.receive("goodbye")
            assert (await each.closed())[0] == 4404
        again = await Raw.open(two_servers[1].url, session.ann.session)
        await again.send({"type": "join", "token": session.ann.token})
        assert (await again.closed())[0] == 4404
        assert session.call("GET", "", status=404)["code"] == "no_session"
        session.call("DELETE", "", status=204)  # the answer was lost
        assert session.call("GET", "/members", status=404)["code"] == "no_session"
