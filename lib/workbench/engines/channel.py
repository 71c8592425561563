"""Spark Connect through a socket file."""

from __future__ import annotations

from typing import Any

import grpc

try:
    from pyspark.sql.connect.client import (  # type: ignore[attr-defined]
        DefaultChannelBuilder as Builder,
    )
except ImportError:  # PySpark 3.5
    from pyspark.sql.connect.client import ChannelBuilder as Builder


LARGEST_ANSWER = "grpc.max_receive_message_length"


class SocketChannel(Builder):  # type: ignore[misc]
    """A channel to the server behind a socket file; `address` is `unix:` and its path."""

    def __init__(self, address: str) -> None:
        super().__init__("sc://localhost")
        self.address = address

    def toChannel(self) -> Any:  # noqa: N802 - PySpark's name
        # Answers come from this machine, and one row may have more than the usual 128 MB.
        others = [option for option in self._channel_options if option[0] != LARGEST_ANSWER]
        # Else the path is the authority of each request, whose form Sail refuses.
        options = [*others, (LARGEST_ANSWER, -1), ("grpc.default_authority", "localhost")]
        return grpc.insecure_channel(self.address, options=options)
