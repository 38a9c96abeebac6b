"""Posting one message to one webhook, and what its receiver answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

from goodwill.domain.errors import InvalidEndpoint
from goodwill.ledger.ports import Clock, SystemClock
from goodwill.stores.sqlalchemy.outbox.libraries import httpx
from goodwill.stores.sqlalchemy.outbox.signing import Signer

__all__ = ["Answer", "Message", "Send", "place_of", "webhook"]

READ_AT_MOST = 64 * 1024
"""Bytes of an answer's body that are read, for the connection's sake; nothing of it is kept."""

HIGHEST_PORT = 65_535


class Message(NamedTuple):
    """What is posted.

    Attributes:
        id: of the event; the same however often it is sent.
        content_type: of the body.
        body: the event.
    """

    id: str
    content_type: str
    body: bytes


class Answer(NamedTuple):
    """What came of it.

    Attributes:
        status: HTTP's; 0 where nobody answered.
        retry_after_s: seconds that the receiver asks us to wait.
        fault: what went wrong where nobody answered, in a word, without the URL.
    """

    status: int
    retry_after_s: float | None = None
    fault: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it: any 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def reason(self) -> str:
        """Why it was not taken; nothing of what the receiver wrote, which may be personal."""
        return self.fault or f"HTTP {self.status}"


Send = Callable[[Message], Answer]
"""Hands one message over. It must come back well within the relay's lease."""


@contextmanager
def webhook(to: str, signer: Signer, *, timeout_s: float = 10.0, clock: Clock | None = None) -> Iterator[Send]:
    """What posts messages to a URL, over connections that are kept for as long as the block runs.

    Redirects are not followed: what was signed for one receiver is not handed to another. A proxy of the environment
    (`HTTPS_PROXY`) is used, and certificates are checked.

    Args:
        to: the URL, https; http is for receivers within your own network. A user and password in it are sent as HTTP's
            basic authentication and never logged.
        signer: of the messages.
        timeout_s: seconds to connect, to write and to wait for each piece of the answer, each.
        clock: for the time in the signature.

    Raises:
        InvalidEndpoint: if the URL is none that can be posted to.
    """
    url, auth = address(to)
    now = (clock or SystemClock()).now
    with httpx.Client(timeout=timeout_s, auth=auth, follow_redirects=False) as client:

        def send(message: Message) -> Answer:
            at = now()
            headers = {"content-type": message.content_type, **signer.headers(message.id, message.body, at)}
            try:
                with client.stream("POST", url, content=message.body, headers=headers) as response:
                    answer = Answer(response.status_code, seconds(response.headers.get("retry-after"), at))
                    drain(response)
            except httpx.HTTPError as fault:
                return Answer(0, fault=type(fault).__name__)
            return answer

        yield send


def address(to: str) -> tuple[httpx.URL, tuple[str, str] | None]:
    """A URL without user and password, and these.

    Raises:
        InvalidEndpoint: if it is none that can be posted to.
    """
    try:
        url = httpx.URL(to)
    except httpx.InvalidURL:
        url = httpx.URL("")
    is_host = bool(url.host.strip(".")) and "%" not in url.host  # httpx escapes what no host may hold
    if url.scheme not in {"http", "https"} or not is_host or (url.port or 0) > HIGHEST_PORT:
        raise InvalidEndpoint(
            f"{place_of(to)!r} is no URL to post to; a webhook's URL is like https://example.com/hooks/goodwill"
        )
    auth = (url.username, url.password) if url.userinfo else None
    return url.copy_with(username=None, password=None, fragment=None), auth


def place_of(to: str) -> str:
    """A URL as it may be shown: without user, password and query, in which secrets are.

    Example:
        >>> place_of("https://ada:geheim@example.com/hooks?token=1")
        'https://example.com/hooks'
    """
    rest = to.partition("#")[0].partition("?")[0]
    scheme, mark, place = rest.rpartition("://")
    return f"{scheme}{mark}{place.rpartition('@')[2]}"


def drain(response: httpx.Response) -> None:
    """Read the rest of an answer, so that its connection can serve again; a long one costs its connection."""
    left = READ_AT_MOST
    with suppress(httpx.HTTPError):
        for piece in response.iter_raw():
            left -= len(piece)
            if left < 0:
                return


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """What a Retry-After asks for: seconds, or an HTTP date; None if it says neither.

    Example:
        >>> from datetime import UTC
        >>> at = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> seconds("120", at), seconds("Sun, 01 Mar 2026 12:00:30 GMT", at), seconds("soon", at)
        (120.0, 30.0, None)
    """
    if retry_after is None:
        return None
    with suppress(ValueError):
        asked = float(retry_after)
        return max(asked, 0.0) if math.isfinite(asked) else None
    try:
        until = parsedate_to_datetime(retry_after)
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
