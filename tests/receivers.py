"""A receiver of webhooks on loopback, for tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest


class Received(NamedTuple):
    """One request, as the receiver saw it."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        return dict(json.loads(self.body))

    @property
    def id(self) -> str:
        """By which the same event is known again."""
        return self.headers["webhook-id"]


class Receiver:
    """Takes webhooks, and answers as it is told.

    Attributes:
        received: every request, in order.
        answer: gives the status, and perhaps headers, for a request.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int | tuple[int, dict[str, str]]] = lambda _: 204
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hooks"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [each.event for each in self.received]

    def told_of(self, subject: str) -> list[str]:
        """What was told of an account, in order: the kinds of entries, and the last word of other types."""
        return [
            each["data"].get("reference", each["type"].rpartition(".")[2])
            for each in self.events
            if each["subject"] == subject
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # who sent it died half-way: nothing has arrived
                    self.close_connection = True
                    return
                request = Received({name.lower(): value for name, value in self.headers.items()}, body)
                receiver.received.append(request)
                answered = receiver.answer(request)
                status, headers = answered if isinstance(answered, tuple) else (answered, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
