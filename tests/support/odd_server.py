"""A server on this machine that sends whatever bytes a test says, as slowly as it says."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\n"
Script = Callable[[socket.socket], None]


@dataclass
class OddServer:
    """Runs the script on every connection after it has read something; `seconds` says how long each one took."""

    script: Script
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    is_open: bool = True


def sends(*parts: bytes) -> Script:
    """Sends all at once and closes."""
    return lambda connection: connection.sendall(b"".join(parts))


def trickles(start: bytes, endless: bytes, pause: float = 0.05) -> Script:
    """Sends the start at once, then the endless part again and again, with pauses."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(endless)
            time.sleep(pause)

    return script


def says_nothing(connection: socket.socket) -> None:
    """Waits until the client gives up."""
    connection.recv(1)


@contextmanager
def serving(script: Script) -> Iterator[OddServer]:
    """The server on a free port of 127.0.0.1, until the block ends."""
    server = OddServer(script)
    listener = socket.create_server(("127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve(connection: socket.socket) -> None:
        begun = time.monotonic()
        with connection, suppress(OSError):
            server.requests.append(connection.recv(65536))
            server.script(connection)
        server.seconds.append(time.monotonic() - begun)

    def accept() -> None:
        while server.is_open:
            with suppress(OSError):
                connection, _ = listener.accept()
                if not server.is_open:
                    connection.close()
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.is_open = False
        with suppress(OSError):
            socket.create_connection(listener.getsockname(), 1).close()
        accepting.join(5)
        listener.close()
