"""Iterators over lists of any length, which hold one page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from ._marshal import Every
from .operations import (
    AsyncOperations,
    KnownVolume,
    ManageableEntry,
    ManageableList,
    Operations,
    Snapshot,
    Snapshots,
    Volume,
    Volumes,
)

PAGE_SIZE = 1000

T = TypeVar("T")
P = TypeVar("P", Volumes, Snapshots, ManageableList)


def _each(read: Callable[[str | None], P], entries: Callable[[P], Sequence[T]]) -> Iterator[T]:
    marker: str | None = None
    while True:
        page = read(marker)
        yield from entries(page)
        marker = page.next_marker
        if marker is None:
            return


async def _each_async(
    read: Callable[[str | None], Awaitable[P]], entries: Callable[[P], Sequence[T]]
) -> AsyncIterator[T]:
    marker: str | None = None
    while True:
        page = await read(marker)
        for entry in entries(page):
            yield entry
        marker = page.next_marker
        if marker is None:
            return


class PagedOperations(Operations):
    """The operations, and iterators over the lists among them.

    Every iterator takes `page_size`, the number of entries that it holds at a time, and `timeout`,
    in seconds, for each page. A failure raises from the iteration.
    """

    def iter_volumes(
        self,
        *,
        prefix: str | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Iterator[Volume]:
        """Iterates over the volumes of the backend's project, ordered by name."""

        def read(marker: str | None) -> Volumes:
            return self.list_volumes(prefix=prefix, marker=marker, limit=page_size, timeout=timeout)

        return _each(read, lambda page: page.volumes)

    def iter_snapshots(
        self,
        volume: str | Every,
        *,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Iterator[Snapshot]:
        """Iterates over the snapshots of one volume, or of all volumes, oldest first."""

        def read(marker: str | None) -> Snapshots:
            return self.list_snapshots(volume, marker=marker, limit=page_size, timeout=timeout)

        return _each(read, lambda page: page.snapshots)

    def iter_manageable_volumes(
        self,
        *,
        cinder_volumes: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Iterator[ManageableEntry]:
        """Iterates over the LUNs of the backend's project in the requested order."""

        def read(marker: str | None) -> ManageableList:
            return self.get_manageable_volumes(
                marker=marker,
                limit=page_size,
                cinder_volumes=cinder_volumes,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
                timeout=timeout,
            )

        return _each(read, lambda page: page.entries)

    def iter_manageable_snapshots(
        self,
        *,
        cinder_snapshots: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Iterator[ManageableEntry]:
        """Iterates over the snapshots in the backend's project in the requested order."""

        def read(marker: str | None) -> ManageableList:
            return self.get_manageable_snapshots(
                marker=marker,
                limit=page_size,
                cinder_snapshots=cinder_snapshots,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
                timeout=timeout,
            )

        return _each(read, lambda page: page.entries)


class AsyncPagedOperations(AsyncOperations):
    """The operations, and asynchronous iterators over the lists among them.

    Every iterator takes `page_size`, the number of entries that it holds at a time, and `timeout`,
    in seconds, for each page. A failure raises from the iteration.
    """

    def iter_volumes(
        self,
        *,
        prefix: str | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> AsyncIterator[Volume]:
        """Iterates over the volumes of the backend's project, ordered by name."""

        def read(marker: str | None) -> Awaitable[Volumes]:
            return self.list_volumes(prefix=prefix, marker=marker, limit=page_size, timeout=timeout)

        return _each_async(read, lambda page: page.volumes)

    def iter_snapshots(
        self,
        volume: str | Every,
        *,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> AsyncIterator[Snapshot]:
        """Iterates over the snapshots of one volume, or of all volumes, oldest first."""

        def read(marker: str | None) -> Awaitable[Snapshots]:
            return self.list_snapshots(volume, marker=marker, limit=page_size, timeout=timeout)

        return _each_async(read, lambda page: page.snapshots)

    def iter_manageable_volumes(
        self,
        *,
        cinder_volumes: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> AsyncIterator[ManageableEntry]:
        """Iterates over the LUNs of the backend's project in the requested order."""

        def read(marker: str | None) -> Awaitable[ManageableList]:
            return self.get_manageable_volumes(
                marker=marker,
                limit=page_size,
                cinder_volumes=cinder_volumes,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
                timeout=timeout,
            )

        return _each_async(read, lambda page: page.entries)

    def iter_manageable_snapshots(
        self,
        *,
        cinder_snapshots: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> AsyncIterator[ManageableEntry]:
        """Iterates over the snapshots in the backend's project in the requested order."""

        def read(marker: str | None) -> Awaitable[ManageableList]:
            return self.get_manageable_snapshots(
                marker=marker,
                limit=page_size,
                cinder_snapshots=cinder_snapshots,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
                timeout=timeout,
            )

        return _each_async(read, lambda page: page.entries)
