"""The trash: where items go first, whole, by one rename on the same mount.

`STORE/.govcheck-trash/RUN/NUMBER` is an item; what is half removed lies under `purge`, and never
under a name that a store could take for an item.
"""

import os
from contextlib import suppress

from govcheck.retention.directories import Mount, empty, make_private, move_new, open_directory

TRASH = ".govcheck-trash"

_PURGE = "purge"


def open_trash(store: int, run: str) -> int:
    """The trash of a run in an open store, made where there is none.

    Raises:
        OSError: it cannot be made, or others may write to it.
    """
    trash = make_private(TRASH, store)
    try:
        return make_private(run, trash)
    finally:
        os.close(trash)


def find_trash(store: int, run: str) -> int | None:
    """The trash of a run in an open store, if there is one.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        trash = open_directory(TRASH, store)
    except FileNotFoundError:
        return None
    try:
        return open_directory(run, trash)
    except FileNotFoundError:
        return None
    finally:
        os.close(trash)


def purge(store: int, run: str, name: str, mount: Mount) -> str | None:
    """Remove an item of the trash for good; what is wrong with what could not be removed.

    A directory is renamed before it is emptied, so that no half of it has its name.

    Raises:
        OSError: the trash cannot be opened, or the item not be moved.
    """
    trash = open_directory(TRASH, store)
    try:
        directory = open_directory(run, trash)
        try:
            try:
                os.unlink(name, dir_fd=directory)
                return None
            except (IsADirectoryError, PermissionError):
                # POSIX and macOS say EPERM where Linux says EISDIR.
                pass
            purging = make_private(_PURGE, trash)
            try:
                move_new(name, directory, f"{run}-{name}", purging)
            finally:
                os.close(purging)
        finally:
            os.close(directory)
    finally:
        os.close(trash)
    return finish_purging(store, mount)


def finish_purging(store: int, mount: Mount) -> str | None:
    """Empty what lies under `purge`; what is wrong with the first that could not be removed.

    Raises:
        OSError: the trash cannot be opened.
    """
    wrong: list[str] = []

    def failed(name: str, error: OSError) -> None:
        wrong.append(f"{name}: {error.strerror or error}")

    try:
        trash = open_directory(TRASH, store)
    except FileNotFoundError:
        return None
    try:
        try:
            purging = open_directory(_PURGE, trash)
        except FileNotFoundError:
            return None
        try:
            empty(purging, mount, failed)
        finally:
            os.close(purging)
        with suppress(OSError):
            os.rmdir(_PURGE, dir_fd=trash)
    finally:
        os.close(trash)
    return wrong[0] if wrong else None


def tidy(store: int, run: str) -> None:
    """Remove the directories of the trash that are empty."""
    with suppress(OSError):
        trash = open_directory(TRASH, store)
        try:
            with suppress(OSError):
                os.rmdir(run, dir_fd=trash)
        finally:
            os.close(trash)
        os.rmdir(TRASH, dir_fd=store)
