"""Links to sessions."""

import pytest

from server.client import Link, read_link


@pytest.mark.parametrize(
    ("link", "taken"),
    [
        ("http://h:8000/s/k7#abc_-", Link("http://h:8000", "k7", "abc_-")),
        ("https://example.org/cohort/s/k7", Link("https://example.org/cohort", "k7", "")),
    ],
)
def test_a_link_is_taken_apart(link: str, taken: Link) -> None:
    assert read_link(link) == taken


@pytest.mark.parametrize(
    "link", ["", "k7#abc", "ftp://h/s/k7", "http://h/", "http://h/s/", "http:///s/k7"]
)
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match="no link to a session"):
        read_link(link)
