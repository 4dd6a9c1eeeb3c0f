"""I/O errors where SQLite meets the disk: calls of its own file system (VFS) that fail by number.

The default VFS of the library that Python's sqlite3 uses is changed in place, so this is for a
process that is thrown away. https://sqlite.org/c3ref/io_methods.html has the layout.
"""

import _sqlite3
import ctypes
from collections import Counter
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_char_p, c_int, c_longlong, c_void_p
from dataclasses import dataclass, field

ERRORS = {"read": 266, "write": 778, "full": 13, "truncate": 1546, "sync": 1034, "delete": 2570}
"""What SQLite calls the error of an operation; `full` is a write for which there is no room."""

_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_TRANSFER = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_longlong)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_longlong)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)

_VFS_OPEN, _VFS_DELETE = 40, 48  # where they stand in a VFS, in bytes
_METHODS = ((2, _TRANSFER, "read"), (3, _TRANSFER, "write"), (4, _TRUNCATE, "truncate"))
_METHODS += ((5, _SYNC, "sync"),)  # and the methods of a file in their table, in words
_WORDS = {1: 13, 2: 17, 3: 19}  # how many a table has, by its version


@dataclass
class FaultyDisk:
    """Counts what is done to files, and lets one operation fail.

    Attributes:
        operation: a key of `ERRORS`; None lets all of them pass.
        number: which one of its kind fails, from 1 on.
        for_good: whether all later ones of its kind fail, too.
        done: how many there were, by kind.
    """

    operation: str | None = None
    number: int = 0
    for_good: bool = False
    done: Counter[str] = field(default_factory=Counter)
    _kept: list[object] = field(default_factory=list)
    _tables: dict[int, ctypes.Array] = field(default_factory=dict)

    def install(self) -> None:
        """Let every database that this process opens from now on be on this disk."""
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = c_void_p
        vfs = library.sqlite3_vfs_find(None)
        self._replace(vfs + _VFS_OPEN, _OPEN, self._opening)
        self._replace(vfs + _VFS_DELETE, _DELETE, lambda real: self._failing("delete", real))

    def _replace(self, place: int, kind: type, make: Callable) -> None:
        slot = c_void_p.from_address(place)
        wrapper = kind(make(kind(slot.value)))
        self._kept.append(wrapper)
        slot.value = ctypes.cast(wrapper, c_void_p).value

    def _opening(self, real: Callable) -> Callable:
        def opened(vfs, name, file, flags, out):
            result = real(vfs, name, file, flags, out)
            methods = c_void_p.from_address(file)
            if methods.value:
                methods.value = ctypes.addressof(self._table(methods.value))
            return result

        return opened

    def _table(self, methods: int) -> ctypes.Array:
        """Return a copy of a table of methods, some of which may fail."""
        if methods not in self._tables:
            words = _WORDS[c_int.from_address(methods).value]
            table = (c_void_p * words).from_buffer_copy((c_void_p * words).from_address(methods))
            self._tables[methods] = table
            for word, kind, operation in _METHODS:
                place = ctypes.addressof(table) + word * ctypes.sizeof(c_void_p)
                self._replace(place, kind, lambda real, name=operation: self._failing(name, real))
        return self._tables[methods]

    def _failing(self, operation: str, real: Callable) -> Callable:
        wanted = "write" if self.operation == "full" else self.operation

        def call(*arguments):
            self.done[operation] += 1
            at = self.done[operation]
            if operation == wanted and (at == self.number or (self.for_good and at > self.number)):
                return ERRORS[self.operation]
            return real(*arguments)

        return call
