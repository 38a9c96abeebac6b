"""Signatures that the scheme's own library accepts, and secrets that nobody sees."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from goodwill.domain.errors import InvalidEndpoint
from goodwill.stores.sqlalchemy.outbox.signing import Signer
from goodwill.testing.asking import raised

OLD, NEW, FOREIGN = (f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3))


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_a_receiver_accepts_what_was_signed_and_nothing_else(body: str, key: bytes) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    data = repr(body).encode()
    headers = dict(Signer([secret]).headers("id-1", data, datetime.now(UTC)))
    Webhook(secret).verify(data, headers, json_parse=False)
    for changed in ({"webhook-id": "id-2"}, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(data, {**headers, **changed}, json_parse=False)


def test_the_example_of_the_scheme_is_signed_as_it_says() -> None:
    # The test vector of the Standard Webhooks specification.
    signer = Signer(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_receivers_with_either_accept() -> None:
    headers = dict(Signer([OLD, NEW]).headers("id-1", b"{}", datetime.now(UTC)))
    for secret in (OLD, NEW):
        Webhook(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(FOREIGN).verify(b"{}", headers)


def encoded(count: int) -> str:
    return f"whsec_{base64.b64encode(b'x' * count).decode()}"


@pytest.mark.parametrize("secret", ["", "whsec_", OLD.removeprefix("whsec_"), encoded(23), encoded(65), f"{OLD}!"])
def test_a_secret_of_another_form_is_refused_and_not_shown(secret: str) -> None:
    error = raised(InvalidEndpoint, Signer, [NEW, secret])
    assert "secret 2" in str(error)
    assert "make one with" in str(error)
    assert secret[6:] not in str(error) or len(secret) <= 6
    assert error.__cause__ is None


def test_there_must_be_a_secret_and_it_is_in_no_repr() -> None:
    assert "no secret" in str(raised(InvalidEndpoint, Signer, []))
    assert repr(Signer([OLD, NEW])) == "Signer(2 secrets)"


def test_the_clocks_zone_does_not_matter() -> None:
    now = datetime.now(UTC).astimezone(timezone(timedelta(hours=-8)))
    Webhook(OLD).verify(b"{}", dict(Signer([OLD]).headers("id-1", b"{}", now)))
