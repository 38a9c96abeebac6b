"""The relay's libraries, the extra `outbox`, loaded in one place that names the way out where one is missing."""

from __future__ import annotations

try:
    import httpx
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent
    from standardwebhooks import Webhook
    from tenacity import (
        RetryCallState,
        Retrying,
        stop_after_attempt,
        wait_exponential,
        wait_random_exponential,
    )
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f'the relay of the outbox needs {missing.name}, which is not installed; pip install "goodwill[outbox]" brings it',
        name=missing.name,
    ) from missing

__all__ = [
    "CloudEvent", "JSONFormat", "RetryCallState", "Retrying", "Webhook", "httpx", "stop_after_attempt",
    "wait_exponential", "wait_random_exponential",
]  # fmt: skip
