"""An invitation's link, taken apart. Its secret is the fragment, which no server sees."""

import re

from msgspec import Struct


class Link(Struct, frozen=True):
    """url: of the server; secret: "" when the link has none."""

    url: str
    session: str
    secret: str


def read_link(link: str) -> Link:
    """Raises ValueError with a sentence."""
    parts = re.fullmatch(r"(https?://[^/#?]+[^#?]*)/s/([^/#?]+)/?(?:#(.*))?", link.strip())
    if parts is None:
        raise ValueError(f"{link!r} is no link to a session, like http://host/s/id#secret.")
    return Link(parts[1], parts[2], parts[3] or "")
