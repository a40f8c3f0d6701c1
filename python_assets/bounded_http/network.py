"""Connections that end at a deadline, whatever the other side does."""

import socket
import time
from collections.abc import Iterable
from typing import Any

import httpcore

_PIECE = 16 * 1024  # bytes that are sent between two looks at the clock


class Deadline:
    """A moment until which something must be done."""

    def __init__(self, seconds: float):
        self._at = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        return self._at - time.monotonic()

    def at_most(self, seconds: float) -> "Deadline":
        """This deadline, or one in so many seconds if that is sooner."""
        return Deadline(min(seconds, self.seconds_left))


class Network(httpcore.NetworkBackend):
    """Connections that do nothing after `deadline`."""

    def __init__(self) -> None:
        self.deadline = Deadline(0)
        self._network = httpcore.SyncBackend()

    def seconds(self, timeout: float | None, expired: type[Exception]) -> float:
        """How long the next step may take; raises `expired` if there is no time left."""
        left = self.deadline.seconds_left
        if left <= 0:
            raise expired
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries the addresses of a name in turn, all of them within the deadline."""
        failure: Exception = httpcore.ConnectError()
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error
        for *_, (address, *_) in found:
            try:
                stream = self._network.connect_tcp(
                    str(address), port, self.seconds(timeout, httpcore.ConnectTimeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection that does nothing after its network's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, network: Network):
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.seconds(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, self._network.seconds(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        seconds = self._network.seconds(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
