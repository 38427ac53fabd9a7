"""Put a finished folder in the place of an old one: a killed run never leaves half of either.

The new folder is written beside the target under a name of siting's own, then both change names
in one step (``renameat2`` with ``RENAME_EXCHANGE``, Linux). Where that is not to be had, two
renames do it, and a run killed between them is mended by the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import re
import secrets
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

_NEW, _OLD = "new", "old"
_AT_FDCWD = -100
"""Means "relative to the working directory" (Linux, fcntl.h)."""
_RENAME_EXCHANGE = 2
"""Swaps two names in one step (Linux, renameat2(2))."""
_CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


def replace_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder and put it in the target's place.

    Parameters
    ----------
    target
        Folder to replace, or a name that is free; its parent exists.
    fill
        Writes everything into the folder it is given.

    Raises
    ------
    OSError
        If the disk refuses; the target is then as it was.
    """
    mend_leftovers(target)
    fresh = _own_name(target, _NEW)
    fresh.mkdir()
    try:
        with _locked(fresh):
            fill(fresh)
            _sync_tree(fresh)
            _put_in_place(fresh, target)
        _sync(target.parent)
    finally:
        _remove(fresh)


def mend_leftovers(target: Path) -> None:
    """Clear what killed runs left beside a target; put back an old plan that one moved away.

    Only folders that bear siting's own temporary names are touched, and only if their writer is
    gone.

    Parameters
    ----------
    target
        Plan folder.
    """
    pattern = re.compile(
        re.escape(f".{target.name}.siting-") + rf"({_NEW}|{_OLD})-(\d+)-[0-9a-f]{{8}}"
    )
    for path in sorted(target.parent.iterdir()):
        match = pattern.fullmatch(path.name)
        if match is None or path.is_symlink() or not path.is_dir():
            continue
        if _is_alive(int(match[2])) or _is_locked(path):
            continue
        if match[1] == _OLD and not target.exists():
            logger.info("putting back %s, which a killed run had moved away", target)
            path.rename(target)
        else:
            logger.info("removing %s, left by a killed run", path)
            _remove(path)


def _own_name(target: Path, role: str) -> Path:
    name = f".{target.name}.siting-{role}-{os.getpid()}-{secrets.token_hex(4)}"
    return target.with_name(name)


def _put_in_place(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        _rename_twice(fresh, target)


def _rename_twice(fresh: Path, target: Path) -> None:
    aside = _own_name(target, _OLD)
    target.rename(aside)
    try:
        fresh.rename(target)
    except OSError:
        aside.rename(target)
        raise
    _remove(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step; return False where the system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    names = (os.fsencode(one), os.fsencode(other))
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Have the disk hold what was written; folders cannot be synced on Windows."""
    if sys.platform == "win32" and path.is_dir():
        return
    flags = os.O_RDWR if sys.platform == "win32" else os.O_RDONLY
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Mark a folder as being written: the lock ends with the process, however that ends."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network disks know no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _is_locked(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
    finally:
        os.close(handle)
    return False


def _is_alive(process: int) -> bool:
    """Tell whether another process runs; on Windows, where asking may end it, say yes."""
    if sys.platform == "win32":
        return True
    if process == os.getpid():  # numbers come again, above all in containers; the lock will tell
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
