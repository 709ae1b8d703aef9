"""The codes of problem documents: each one's status, and what it means to who writes a client.

They stay as they are. An edit may also be refused with a code of the game's rules, by 409.
"""

from collections.abc import Mapping

from msgspec import Struct


class Code(Struct, frozen=True):
    """status: the usual one; meaning: a sentence."""

    status: int
    meaning: str


CODES: Mapping[str, Code] = {
    "invalid": Code(400, "A parameter or a field is missing or wrong: `detail` names it."),
    "wrong_host": Code(400, "The server is not called so (COHORT_HOSTS)."),
    "file_unreadable": Code(400, "The file is no build file: `detail` says why."),
    "unknown_archetype": Code(400, "The catalogue has no such archetype."),
    "weak_password": Code(400, "The password is known or easily guessed."),
    "username_missing": Code(400, "A first password needs a username to go with it."),
    "no_guest": Code(400, "The token is no guest's, or not good any more."),
    "login_lost": Code(400, "It was begun in another browser, or too long ago: begin again."),
    "login_refused": Code(400, "What the login provider answered does not prove who one is."),
    "unknown_stat": Code(400, "There is no such stat."),
    "too_many_operations": Code(400, "More operations than an edit may have."),
    "invalid_grant": Code(400, "The username, password or refresh token is not right."),
    "invalid_request": Code(400, "The form lacks what the grant needs."),
    "unsupported_grant_type": Code(400, "The grants are `password` and `refresh_token`."),
    "not_authenticated": Code(401, "No token, or one that is not valid."),
    "expired": Code(401, "The token was good once: get another."),
    "not_allowed": Code(403, "Your role does not allow it."),
    "insufficient_scope": Code(403, "An API key is for less than this."),
    "no_account": Code(403, "A guest cannot do this: make an account first."),
    "wrong_password": Code(403, "This is not your password."),
    "log_in_again": Code(403, "The account has no password: log in once more, and then do this."),
    "banned": Code(403, "This person may not come here any more."),
    "not_found": Code(404, "There is nothing of this id."),
    "no_session": Code(404, "There is no such session, or it has ended."),
    "no_member": Code(404, "There is no such member."),
    "no_build": Code(404, "There is no such build that you may read."),
    "no_version": Code(404, "The build has no such version."),
    "no_revision": Code(404, "The session's history has no such revision."),
    "method_not_allowed": Code(405, "This address is not called so."),
    "conflict": Code(409, "It is not possible as things are."),
    "username_taken": Code(409, "Somebody has this username already."),
    "has_account": Code(409, "You have an account already: log in."),
    "not_linked": Code(409, "This belongs to no account yet: link it first."),
    "identity_taken": Code(409, "This belongs to another account."),
    "already_linked": Code(409, "Another one of this provider is linked: unlink it first."),
    "last_way_in": Code(409, "This is the only way to log in: choose a password first."),
    "too_many_members": Code(409, "A session has no more members: its owner can remove some."),
    "too_many_keys": Code(409, "One has no more keys at once: revoke one."),
    "too_many_builds": Code(409, "One has no more saved builds: delete some."),
    "too_many_versions": Code(409, "A build has no more versions: fork it."),
    "too_many_favourites": Code(409, "One has no more favourites: take some away."),
    "not_banned": Code(409, "They are not banned."),
    "locked": Code(409, "The session is locked."),
    "no_difference": Code(409, "The build is what it was at that revision."),
    "nothing_to_undo": Code(409, "There is nothing of theirs that can be taken back."),
    "id_reused": Code(409, "This key was used for another edit."),
    "too_old": Code(409, "`base` is too old to tell whether the edit was made already."),
    "lost": Code(409, "It was accepted, and a failure of the store lost it."),
    "changed_meanwhile": Code(412, "It was changed since you saw it: read it again."),
    "too_large": Code(413, "The body is larger than this call takes."),
    "if_match_missing": Code(428, "Send `If-Match` with the `ETag` that you know."),
    "too_many": Code(429, "Over a rate: again after `Retry-After`."),
    "internal": Code(500, "Our fault."),
    "unavailable": Code(503, "Not just now: again after `Retry-After`, an edit with the same key."),
    "provider_unavailable": Code(503, "The login provider does not answer as it should."),
}

# The code of a status, where nothing says more, and the title of its problems.
USUAL: Mapping[int, tuple[str, str]] = {
    400: ("invalid", "Not a valid request"),
    401: ("not_authenticated", "Not authenticated"),
    403: ("not_allowed", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    409: ("conflict", "Not possible as things are"),
    412: ("changed_meanwhile", "Changed meanwhile"),
    413: ("too_large", "Too large"),
    428: ("if_match_missing", "If-Match is missing"),
    429: ("too_many", "Too many requests"),
    500: ("internal", "Our fault"),
    503: ("unavailable", "Not available just now"),
}
