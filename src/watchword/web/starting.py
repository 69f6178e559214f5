"""Runs a coroutine up to where it first waits: what waits for nothing needs no task, no timer."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A coroutine that waited for nothing, and what it returned."""

    value: T


def start(coroutine: Coroutine[Any, Any, T]) -> Done[T] | Coroutine[Any, Any, T]:
    """Run a coroutine up to where it waits.

    Returns:
        What it returned; or what is left of it, to be awaited.
    """
    try:
        waited = coroutine.send(None)
    except StopIteration as done:
        return Done(done.value)
    return _finish(coroutine, waited)


async def _finish(coroutine: Coroutine[Any, Any, T], waited: object) -> T:
    return await _resume(coroutine, waited)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, T], waited: object) -> Generator[Any, Any, T]:
    """Go on with a coroutine that waits already: hand on what it waits for, and what comes."""
    while True:
        try:
            try:
                came = yield waited
            except BaseException as error:  # noqa: BLE001 - all of it is the coroutine's
                waited = coroutine.throw(error)
            else:
                waited = coroutine.send(came)
        except StopIteration as done:
            value: T = done.value
            return value
