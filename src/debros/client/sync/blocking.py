"""Async methods made blocking, with their own signatures: what a type checker sees is the async method's."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from debros.client.sync.loop import LoopThread

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")


class Facade:
    """One part of the client: the async one, and the loop it lives in."""

    def __init__(self, loop: LoopThread, part: Any) -> None:
        self._loop = loop
        self._part = part


def _waited(facade: Facade, method: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Return a coroutine method of what a facade stands for, which waits for its end."""
    loop, part = facade._loop, facade._part  # noqa: SLF001 - this is how a facade works

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return loop.run(method(part, *args, **kwargs))

    return call


class Blocking(Generic[P, R]):
    """A coroutine method, to be called without await."""

    def __init__(self, method: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self.method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, facade: None, owner: type) -> Self: ...

    @overload
    def __get__(self, facade: Facade, owner: type) -> Callable[P, R]: ...

    def __get__(self, facade: Facade | None, owner: type) -> Self | Callable[P, R]:
        if facade is None:
            return self
        return _waited(facade, self.method)


class BlockingAs(Generic[P, S, R]):
    """The same, whose result is a thing of its own that has to be made blocking as well."""

    def __init__(
        self, method: Callable[Concatenate[Any, P], Coroutine[Any, Any, S]], kind: Callable[[LoopThread, S], R]
    ) -> None:
        self.method = method
        self._kind = kind
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, facade: None, owner: type) -> Self: ...

    @overload
    def __get__(self, facade: Facade, owner: type) -> Callable[P, R]: ...

    def __get__(self, facade: Facade | None, owner: type) -> Self | Callable[P, R]:
        if facade is None:
            return self
        loop, waited = facade._loop, _waited(facade, self.method)  # noqa: SLF001 - see `_waited`

        @functools.wraps(self.method)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._kind(loop, waited(*args, **kwargs))

        return call


class BlockingIterator(Generic[P, R]):
    """An async generator, to be iterated without async."""

    def __init__(self, method: Callable[Concatenate[Any, P], AsyncIterator[R]]) -> None:
        self.method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, facade: None, owner: type) -> Self: ...

    @overload
    def __get__(self, facade: Facade, owner: type) -> Callable[P, Iterator[R]]: ...

    def __get__(self, facade: Facade | None, owner: type) -> Self | Callable[P, Iterator[R]]:
        if facade is None:
            return self
        loop, part = facade._loop, facade._part  # noqa: SLF001 - this is how a facade works

        @functools.wraps(self.method)
        def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
            return iterate(loop, self.method(part, *args, **kwargs))

        return call


def iterate(loop: LoopThread, source: AsyncIterator[R]) -> Iterator[R]:
    """Yield what an async iterator does."""

    async def step() -> list[R]:
        async for one in source:
            return [one]
        return []

    while found := loop.run(step()):
        yield from found
