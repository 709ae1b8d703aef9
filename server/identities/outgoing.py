"""Requests that the server itself makes: to login providers that its operator named.

No address of one comes from a user, no redirect is followed, no proxy is taken from the
environment, and an answer is bounded in size and time.
"""

import asyncio
import ipaddress
from urllib.parse import SplitResult, urlsplit

LARGEST = 256 * 1024  # bytes of an answer
TIMEOUT_S = 10.0
AT_ONCE = 10


class OutgoingError(Exception):
    """No good answer; the message is for the operator's log."""


class Outgoing:
    """Asks, and reads what is answered."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        import httpx  # loaded only where people can log in elsewhere

        self._timeout_s = timeout_s
        self._failures = (httpx.HTTPError, httpx.InvalidURL)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=AT_ONCE),
            # An answer that is compressed could be of any size.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def ask(
        self, method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """The body of a 200. Raises OutgoingError for anything else."""
        where = urlsplit(url).netloc
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(method, url, content=body, headers=headers) as response,
            ):
                if response.status_code != 200:
                    raise OutgoingError(f"{where} answered {response.status_code}")
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise OutgoingError(f"{where} compressed its answer")
                answer = b""
                async for part in response.aiter_raw():
                    answer += part
                    if len(answer) > LARGEST:
                        raise OutgoingError(f"{where} answered with more than {LARGEST} bytes")
                return answer
        except TimeoutError:
            raise OutgoingError(f"{where} did not answer in {self._timeout_s:g} s") from None
        except self._failures as error:
            raise OutgoingError(f"{where}: {type(error).__name__} {error}") from None

    async def close(self) -> None:
        await self._client.aclose()


def problem(url: str, named_by: str = "") -> str:
    """Why we send nothing to this URL; "" if we do.

    named_by: what told us of it, when that was not the operator. It may name another host, but
    neither this machine nor a bare address, unless it is there itself.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a URL"
    if not parts.hostname or parts.username is not None or parts.fragment:
        return "must be a URL like https://example.org"
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts)):
        return "must begin with https://"
    home = urlsplit(named_by)
    is_home = parts.hostname == home.hostname or (_is_loopback(parts) and _is_loopback(home))
    if named_by and _is_bare(parts) and not is_home:
        return "must not be a bare address"
    return ""


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _is_bare(parts: SplitResult) -> bool:
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return _is_loopback(parts)
    return True
