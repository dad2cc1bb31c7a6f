"""Archives: what is removed from a store but kept, packed, read back and compared.

A file becomes `NAME.gz`, a directory `NAME.tar.gz` (pax format, IEEE Std 1003.1-2017) that ends
with a list of its members and their SHA-256. The same item always gives the same bytes.
"""

import gzip
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import IO, Any, Literal, NamedTuple, cast

from govcheck.retention.directories import (
    DIRECTORY,
    FILE,
    NEW,
    Mount,
    mount_of,
    open_directory,
    walk,
    write_all,
)
from govcheck.retention.errors import RunnerError

Compression = Literal["gzip", "zstd", "none"]

_SUFFIXES = {"gzip": ".gz", "zstd": ".zst", "none": ""}
_CHUNK = 1 << 20
_LIST = ".govcheck-members.json"


class ArchiveError(RunnerError):
    """An archive is not what was put into it, or cannot be made; the message says why."""


class NoListError(ArchiveError):
    """The archive does not end with a list of its members."""


class Packed(NamedTuple):
    """An archive: its size in bytes, its SHA-256, and how many members it has."""

    size: int
    digest: str
    members: int


class Member(NamedTuple):
    """What an archive holds under a path; `digest` is that of a file's contents."""

    path: str
    mode: int
    size: int
    mtime: int
    link: str
    digest: str


def archive_name(name: str, *, is_directory: bool, compression: Compression) -> str:
    """What the archive of an item is called."""
    return name + (".tar" if is_directory else "") + _SUFFIXES[compression]


def pack(
    parent: int, name: str, label: str, directory: int, temporary: str, compression: Compression
) -> Packed:
    """Pack an item into a new file of a directory, synced, read back and compared.

    The item is called `label` in the archive.

    Raises:
        ArchiveError: what was read back is not what was written, or the item has changed.
        OSError: the item cannot be read, or the archive not written; then there is none.
    """
    mount = mount_of(parent)
    before = [(path, _signature(status)) for path, _, _, status in walk(parent, name, mount)]
    handle = os.open(temporary, NEW, 0o600, dir_fd=directory)
    try:
        try:
            sink = _Sink(handle)
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            is_tree = stat.S_ISDIR(status.st_mode)
            with _compressor(sink, compression) as stream:
                if is_tree:
                    members = _write_tar(parent, name, label, mount, stream)
                else:
                    members = [_write_file(parent, name, stream)]
            os.fsync(handle)
        finally:
            os.close(handle)
        digest, found = read_back(directory, temporary, compression, is_tree=is_tree)
        if digest != sink.digest.hexdigest():
            raise ArchiveError("the archive was read back otherwise than it was written")
        if found != members:
            raise ArchiveError("the archive holds something else than the item")
        if before != [(path, _signature(each)) for path, _, _, each in walk(parent, name, mount)]:
            raise ArchiveError("the item has changed while it was packed")
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise
    return Packed(sink.size, digest, len(members))


def read_back(
    directory: int, name: str, compression: Compression, *, is_tree: bool
) -> tuple[str, list[Member]]:
    """The SHA-256 of an archive and its members, read from the disk; of a file, one without path.

    Raises:
        ArchiveError: it is torn, or a member is not what the archive's own list says.
        OSError: it cannot be read.
    """
    handle = os.open(name, FILE, dir_fd=directory)
    try:
        if hasattr(os, "posix_fadvise"):
            # What was just written would otherwise be read from memory, and not from the disk.
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        source = _Source(handle)
        try:
            with _decompressor(source, compression) as stream:
                members = [*_tar_members(stream)] if is_tree else [_file_member(stream)]
            while source.read(_CHUNK):
                pass
        except (EOFError, tarfile.TarError, ValueError, gzip.BadGzipFile, _zlib_error()) as error:
            raise ArchiveError(f"the archive is damaged: {error}") from error
        return source.digest.hexdigest(), members
    finally:
        os.close(handle)


def look_at(directory: int, name: str) -> tuple[str, list[Member]]:
    """As `read_back`, of an archive of which only the name is known.

    Raises:
        ArchiveError: it is damaged.
        OSError: it cannot be read.
    """
    compression = compression_of(name)
    if ".tar" in name[-8:]:
        with suppress(NoListError):
            return read_back(directory, name, compression, is_tree=True)
        # It is a file that was packed, and happens to be an archive itself.
    return read_back(directory, name, compression, is_tree=False)


def unpack(archive: int, archive_name: str, directory: int, name: str, *, is_tree: bool) -> None:
    """Put what an archive holds into a directory, as a new item called `name`.

    Raises:
        ArchiveError: the archive is damaged.
        FileExistsError: there is something of that name.
        OSError: it cannot be written.
    """
    handle = os.open(archive_name, FILE, dir_fd=archive)
    try:
        with _decompressor(_Source(handle), compression_of(archive_name)) as stream:
            if is_tree:
                _unpack_tar(stream, directory, name)
            else:
                status = os.fstat(handle)
                mode = stat.S_IMODE(status.st_mode)
                _unpack_file(stream, directory, name, mode, status.st_mtime_ns)
    except (EOFError, tarfile.TarError, gzip.BadGzipFile, _zlib_error()) as error:
        raise ArchiveError(f"the archive is damaged: {error}") from error
    finally:
        os.close(handle)


def compression_of(name: str) -> Compression:
    """How an archive of this name is compressed."""
    if name.endswith(".gz"):
        return "gzip"
    return "zstd" if name.endswith(".zst") else "none"


class _Sink:
    """A file to write to that knows the digest of what was written."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.digest = sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        write_all(self._handle, data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def tell(self) -> int:
        return self.size


class _Source:
    """A file to read from that knows the digest of what was read."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        data = os.read(self._handle, _CHUNK if size < 0 else size)
        self.digest.update(data)
        return data


class _Replay:
    """A stream of which the beginning was read already."""

    def __init__(self, start: bytes, stream: IO[bytes]) -> None:
        self._start = start
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if self._start:
            size = len(self._start) if size < 0 else size
            data, self._start = self._start[:size], self._start[size:]
            return data
        return self._stream.read(size)


class _Hashing:
    """A file that is packed, and knows the digest of what was read."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.digest = sha256()

    def read(self, size: int) -> bytes:
        data = os.read(self._handle, size)
        self.digest.update(data)
        return data


class _Plain:
    """What is not compressed, as a stream that can be left."""

    def __init__(self, inner: Any) -> None:
        self.read = inner.read if hasattr(inner, "read") else None
        self.write = inner.write if hasattr(inner, "write") else None
        self.tell = inner.tell if hasattr(inner, "tell") else None

    def __enter__(self) -> "_Plain":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _compressor(sink: _Sink, compression: Compression) -> Any:
    match compression:
        case "gzip":
            return gzip.GzipFile(filename="", fileobj=cast(Any, sink), mode="wb", mtime=0)
        case "zstd":
            return _zstandard().ZstdCompressor(level=9).stream_writer(sink, closefd=False)
        case _:
            return _Plain(sink)


def _decompressor(source: _Source, compression: Compression) -> Any:
    match compression:
        case "gzip":
            return gzip.GzipFile(fileobj=cast(Any, _Buffer(source)), mode="rb")
        case "zstd":
            return _zstandard().ZstdDecompressor().stream_reader(source, closefd=False)
        case _:
            return _Plain(source)


class _Buffer:
    """Reads a source in large pieces, and forward only, as gzip's reader asks for."""

    def __init__(self, source: _Source) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        return self._source.read(size)

    def seekable(self) -> bool:
        return False


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise ArchiveError("zstd needs the package 'zstandard': install govcheck[zstd]") from error
    return zstandard


def _zlib_error() -> type[Exception]:
    import zlib

    return zlib.error


def _write_file(parent: int, name: str, stream: Any) -> Member:
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise ArchiveError("a link is not packed")
    handle = os.open(name, FILE, dir_fd=parent)
    try:
        reader = _Hashing(handle)
        size = 0
        while data := reader.read(_CHUNK):
            stream.write(data)
            size += len(data)
    finally:
        os.close(handle)
    return Member("", 0, size, 0, "", reader.digest.hexdigest())


def _file_member(stream: Any) -> Member:
    digest = sha256()
    size = 0
    while data := stream.read(_CHUNK):
        digest.update(data)
        size += len(data)
    return Member("", 0, size, 0, "", digest.hexdigest())


def _write_tar(parent: int, name: str, label: str, mount: Mount, stream: Any) -> list[Member]:
    members = []
    known: dict[tuple[int, int], str] = {}
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, holder, entry, status in walk(parent, name, mount):
            full = f"{label}/{path}" if path else label
            info = tarfile.TarInfo(full)
            info.mode = stat.S_IMODE(status.st_mode)
            info.uid, info.gid = status.st_uid, status.st_gid
            info.mtime = status.st_mtime_ns // 10**9
            info.pax_headers = {"mtime": _seconds(status.st_mtime_ns)}
            digest = ""
            link = (status.st_dev, status.st_ino)
            if stat.S_ISDIR(status.st_mode):
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            elif stat.S_ISLNK(status.st_mode):
                info.type = tarfile.SYMTYPE
                info.linkname = os.readlink(entry, dir_fd=holder)
                tar.addfile(info)
            elif link in known:
                info.type, info.linkname = tarfile.LNKTYPE, known[link]
                tar.addfile(info)
            else:
                if status.st_nlink > 1:
                    known[link] = full
                digest = _add(tar, info, holder, entry, status)
            members.append(
                Member(full, info.mode, info.size, status.st_mtime_ns, info.linkname, digest)
            )
        body = json.dumps([list(each) for each in members]).encode()
        info = tarfile.TarInfo(label + _LIST)
        info.size = len(body)
        tar.addfile(info, cast(Any, _Replay(body, cast(Any, None))))
    return members


def _add(
    tar: tarfile.TarFile, info: tarfile.TarInfo, holder: int, entry: str, status: os.stat_result
) -> str:
    handle = os.open(entry, FILE, dir_fd=holder)
    try:
        opened = os.fstat(handle)
        if (opened.st_dev, opened.st_ino) != (status.st_dev, status.st_ino):
            raise ArchiveError("the item has changed while it was packed")
        info.size = opened.st_size
        reader = _Hashing(handle)
        tar.addfile(info, cast(Any, reader))
        return reader.digest.hexdigest()
    finally:
        os.close(handle)


def _tar_members(stream: Any) -> Iterator[Member]:
    """The members of an archive, held against the list at its end."""
    members = []
    listed = None
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for info in tar:
            reader = tar.extractfile(info) if info.isreg() else None
            if reader is not None and info.name.endswith(_LIST) and "/" not in info.name:
                listed = [Member(*each) for each in json.load(reader)]
                continue
            digest = ""
            if reader is not None:
                hashed = sha256()
                while data := reader.read(_CHUNK):
                    hashed.update(data)
                digest = hashed.hexdigest()
            size = info.size if info.isreg() else 0
            members.append(
                Member(info.name, info.mode, size, _nanoseconds(info), info.linkname, digest)
            )
    if listed is None:
        raise NoListError("the archive has no list of its members at its end")
    if listed != members:
        raise ArchiveError("the archive holds something else than its list says")
    yield from members


def _unpack_file(stream: Any, directory: int, name: str, mode: int, mtime_ns: int) -> None:
    handle = os.open(name, NEW, 0o600, dir_fd=directory)
    try:
        _copy(stream, handle)
        os.fchmod(handle, mode & 0o777)
        os.utime(handle, ns=(mtime_ns, mtime_ns))
        os.fsync(handle)
    finally:
        os.close(handle)


def _unpack_tar(stream: Any, directory: int, name: str) -> None:
    os.mkdir(name, 0o700, dir_fd=directory)
    top = open_directory(name, directory)
    later: list[tuple[str, tarfile.TarInfo]] = []
    label = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                label = info.name if label is None else label
                if info.name == label + _LIST:
                    continue
                path = _inside(info.name, label)
                if not path:
                    later.append((path, info))
                    continue
                parent, _, entry = path.rpartition("/")
                holder = _descend(top, parent)
                try:
                    if info.isdir():
                        os.mkdir(entry, 0o700, dir_fd=holder)
                        later.append((path, info))
                    elif info.issym():
                        os.symlink(info.linkname, entry, dir_fd=holder)
                    elif info.islnk():
                        _link(top, _inside(info.linkname, label), holder, entry)
                    else:
                        reader = cast(Any, tar.extractfile(info))
                        _unpack_file(reader, holder, entry, info.mode, _nanoseconds(info))
                finally:
                    os.close(holder)
        for path, info in reversed(later):
            handle = _descend(top, path)
            try:
                os.fchmod(handle, info.mode & 0o777)
                os.utime(handle, ns=(_nanoseconds(info), _nanoseconds(info)))
                os.fsync(handle)
            finally:
                os.close(handle)
    finally:
        os.close(top)


def _link(top: int, path: str, holder: int, entry: str) -> None:
    parent, _, name = path.rpartition("/")
    source = _descend(top, parent)
    try:
        os.link(name, entry, src_dir_fd=source, dst_dir_fd=holder, follow_symlinks=False)
    finally:
        os.close(source)


def _descend(top: int, path: str) -> int:
    handle = os.open(".", DIRECTORY, dir_fd=top)
    for name in path.split("/") if path else []:
        try:
            inner = open_directory(name, handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


def _inside(path: str, label: str) -> str:
    if path == label:
        return ""
    names = path.removeprefix(f"{label}/").split("/")
    if not path.startswith(f"{label}/") or any(name in ("", ".", "..") for name in names):
        raise ArchiveError(f"the archive names a path outside of the item: {path}")
    return "/".join(names)


def _copy(stream: Any, handle: int) -> None:
    """Copy, and leave holes where there are only zeros, so that sparse files stay sparse."""
    size = 0
    while data := stream.read(_CHUNK):
        size += len(data)
        if data.count(0) == len(data):
            os.lseek(handle, len(data), os.SEEK_CUR)
        else:
            write_all(handle, data)
    os.ftruncate(handle, size)


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"


def _nanoseconds(info: tarfile.TarInfo) -> int:
    whole, _, rest = info.pax_headers.get("mtime", str(int(info.mtime))).partition(".")
    return int(whole) * 10**9 + int(rest.ljust(9, "0")[:9] or 0)


def _signature(status: os.stat_result) -> tuple[int, int, int, int, int]:
    # Not the time of the inode: the move to the trash, or a new name elsewhere, may change it.
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
