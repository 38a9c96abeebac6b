"""Signing what is sent by the Standard Webhooks scheme, with several secrets while one replaces another."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from goodwill.domain.errors import InvalidEndpoint
from goodwill.stores.sqlalchemy.outbox.libraries import Webhook

__all__ = ["Signer"]

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, as the scheme recommends and receivers check."""


class Signer:
    """Makes the headers by which a receiver knows that we sent a message, and that nobody changed it.

    Each secret gives a signature, and a receiver accepts any: to replace a secret, sign with both until every receiver
    has the new one. A secret is never shown again, in no error and no repr.

    Args:
        secrets: each `whsec_` and then 24 to 64 random bytes in base64.

    Raises:
        InvalidEndpoint: if there is none, or one is not of that form.

    Example:
        >>> Signer(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
        Signer(1 secret)
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise InvalidEndpoint(f"a webhook is signed, and there is no secret; {make_one()}")
        self._webhooks = [Webhook(decoded(secret, place)) for place, secret in enumerate(secrets, 1)]

    def __repr__(self) -> str:
        count = len(self._webhooks)
        return f"Signer({count} secret{'' if count == 1 else 's'})"

    def headers(self, event_id: str, body: bytes, at: datetime) -> Mapping[str, str]:
        """The headers of a message: its id, which stays the same however often it is sent, the time, the signatures."""
        in_utc = at.astimezone(UTC)  # the library takes whatever it is given for UTC
        signatures = [webhook.sign(event_id, in_utc, body.decode()) for webhook in self._webhooks]
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def decoded(secret: str, place: int) -> bytes:
    """The bytes of a secret.

    Raises:
        InvalidEndpoint: if it is none; the message does not show it.
    """
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise InvalidEndpoint(
            f"secret {place} of the webhook (not shown) is not {PREFIX} and then {SHORTEST} to {LONGEST} bytes in base64; "
            f"{make_one()}"
        ) from None
    return key


def make_one() -> str:
    """How to make a secret."""
    return "make one with: python -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
