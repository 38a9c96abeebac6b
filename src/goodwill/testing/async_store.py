"""The contract of an async store: the contract of every store, through a loop in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from goodwill.ledger.ports import Answer, AsyncStore, AsyncWork, Request, Work

__all__ = ["Loop", "Waited"]

T = TypeVar("T")


class Loop:
    """An event loop that runs in a thread, for as long as it is open.

    Example:
        >>> with Loop() as loop:
        ...     loop.wait(asyncio.sleep(0, "done"))
        'done'
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to, run on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class Waited:
    """An async store as a sync one, so that the contract of every store can be asked of it."""

    def __init__(self, store: AsyncStore, loop: Loop) -> None:
        self._store = store
        self._loop = loop

    def work(self, *, write: bool) -> AbstractContextManager[Work]:
        """A work of the async store, waited for."""
        return self._work(write)

    @contextmanager
    def _work(self, write: bool) -> Iterator[Work]:
        manager = self._store.work(write=write)
        work = self._loop.wait(entered(manager))
        try:
            yield WaitedWork(work, self._loop)
        except BaseException as error:
            if not self._loop.wait(left(manager, error)):
                raise
        else:
            self._loop.wait(left(manager, None))


async def entered(manager: Any) -> AsyncWork:
    work: AsyncWork = await manager.__aenter__()
    return work


async def left(manager: Any, error: BaseException | None) -> bool:
    return bool(await manager.__aexit__(None if error is None else type(error), error, None))


class WaitedWork:
    """A work of an async store, waited for."""

    def __init__(self, work: AsyncWork, loop: Loop) -> None:
        self._work = work
        self._loop = loop

    def answer(self, request: Request) -> Answer:
        """Carry out a request, and wait for the answer."""
        return self._loop.wait(answered(self._work, request))


async def answered(work: AsyncWork, request: Request) -> Answer:
    return await work.answer(request)
