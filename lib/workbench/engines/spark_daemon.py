"""What Spark on this machine forks its Python workers from: its own daemon, without what delays it.

Spark puts archives of its Python library, and a jar, before all else on their path. They hold no
byte code, so that each start compiles them anew, and each task reads their lists of files again. A
worker imports pandas for itself and looks through it for garbage after each task, and the JVM waits
for its answer to half a message. Together that is a tenth of a second per task, which is longer
than most tasks of a small run work.
"""

from __future__ import annotations

import gc
import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

# Spark's own; of a person's, workers import what is in them.
ARCHIVE = re.compile(r"/(pyspark\.zip|py4j-[^/]*\.zip|spark-core_[^/]*\.jar)(/|$)")

Worker = Callable[[socket.socket, bool], int]


def main() -> None:
    """Serves workers until Spark ends it, from the PySpark that is installed."""
    forget_archives()
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401
    import pyspark.worker  # noqa: F401
    from pyspark import daemon

    daemon.worker = answering(daemon.worker)
    gc.freeze()
    daemon.manager()  # type: ignore[no-untyped-call]


def forget_archives() -> None:
    """Takes them from the path of modules, with what was kept of their lists of files."""
    sys.path[:] = [place for place in sys.path if not ARCHIVE.search(place)]
    for place in filter(ARCHIVE.search, [*sys.path_importer_cache]):
        del sys.path_importer_cache[place]


def answering(worker: Worker) -> Worker:
    """A worker that acknowledges at once: the JVM keeps the rest back until then, for 40 ms."""

    def answers(connection: socket.socket, authenticated: bool) -> int:
        with suppress(AttributeError, OSError):  # Linux has it, for TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return worker(connection, authenticated)

    return answers


if __name__ == "__main__":
    main()
