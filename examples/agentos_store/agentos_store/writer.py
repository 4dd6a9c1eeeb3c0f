"""One thread writes; everybody else hands it functions."""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from .database import connect

Write = Callable[[sqlite3.Connection], Any]


class Writer:
    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._queue: queue.Queue[tuple[Write, Future[Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write) -> Any:
        """Run a function in the writer's transaction, and return what it returns."""
        future: Future[Any] = Future()
        self._queue.put((write, future))
        return future.result(timeout=10)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        conn = connect(self._path)
        while (item := self._queue.get()) is not None:
            write, future = item
            try:
                with conn:
                    result = write(conn)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        conn.close()
