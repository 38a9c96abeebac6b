"""One message to one webhook: what is kept of an answer, and what never shows."""

from __future__ import annotations

import base64
import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from goodwill.domain.errors import InvalidEndpoint
from goodwill.stores.sqlalchemy.outbox.sending import Answer, Message, seconds, webhook
from goodwill.stores.sqlalchemy.outbox.signing import Signer
from goodwill.testing.asking import raised

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HELLO = Message("id-1", "application/cloudevents+json", b"{}")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sent(to: str, timeout_s: float = 5.0) -> Answer:
    with webhook(to, Signer([SECRET]), timeout_s=timeout_s) as send:
        return send(HELLO)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_taken(receiver: Any, status: int) -> None:
    receiver.answer = lambda _: status
    assert sent(receiver.url).is_taken


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 429, 500, 503])
def test_anything_else_is_not_and_a_redirect_is_not_followed(receiver: Any, status: int) -> None:
    receiver.answer = lambda _: (status, {"location": receiver.url + "/other"})
    answer = sent(receiver.url)
    assert (answer.is_taken, answer.reason) == (False, f"HTTP {status}")
    assert len(receiver.received) == 1


def test_who_does_not_answer_in_time_has_not_taken_it(receiver: Any) -> None:
    done = threading.Event()

    def think(_: object) -> int:
        done.wait(5)
        return 204

    receiver.answer = think
    answer = sent(receiver.url, timeout_s=0.2)
    done.set()
    assert (answer.is_taken, answer.reason) == (False, "ReadTimeout")


def test_connections_are_kept(receiver: Any) -> None:
    with webhook(receiver.url, Signer([SECRET])) as send:
        assert all(send(HELLO).is_taken for _ in range(5))


def test_what_is_secret_is_in_no_log_and_no_answer(receiver: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    to = receiver.url.replace("http://", "http://ada:geheim@")
    receiver.answer = lambda _: 500
    answer = sent(to)
    sent("http://ada:geheim@127.0.0.1:9/")
    basic = base64.b64encode(b"ada:geheim").decode()
    assert receiver.received[0].headers["authorization"] == f"Basic {basic}"
    shown = caplog.text + repr(answer)
    assert caplog.text
    assert [word for word in ("geheim", basic, SECRET, SECRET[6:]) if word in shown] == []


@pytest.mark.parametrize("to", ["", "example.com", "file:///etc/passwd", "http://", "http://a b", "https://x:1:2"])
def test_what_cannot_be_posted_to_is_refused_at_once(to: str) -> None:
    def use() -> None:
        with webhook(to, Signer([SECRET])):
            pass

    assert "is no URL to post to" in str(raised(InvalidEndpoint, use))


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds("0", NOON) == 0.0
    assert seconds("-5", NOON) == 0.0
    assert seconds(format_datetime(NOON + timedelta(minutes=2), usegmt=True), NOON) == 120.0
    assert seconds(format_datetime(NOON - timedelta(minutes=2), usegmt=True), NOON) == 0.0
    for nothing in (None, "", "soon", "nan", "inf", "Sun, 99 Mar 2026 12:00:00 GMT", "2026-03-01"):
        assert seconds(nothing, NOON) is None
