"""Passes as they were recorded."""

import os
import signal
import threading

import duckdb
import pytest

from python_assets.home import Home
from python_assets.warehouse.recording import Recorded, replay

ENDLESS = "select count(*), false, false from range(10000000000) as a, range(10000000000) as b"


@pytest.fixture
def interruptible():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_who_stops_a_pass_does_not_wait_for_what_it_is_doing(tmp_path, interruptible):
    endless = [Recorded(f"test.counterfoil.{number}", None, ENDLESS, []) for number in range(9)]
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        replay(Home(tmp_path), endless, lambda _: None)
    duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True).close()


def test_a_node_that_fails_stops_those_beside_it(tmp_path):
    nodes = [
        Recorded("test.counterfoil.endless", None, ENDLESS, []),
        Recorded("test.counterfoil.broken", None, "select nothing from nowhere", []),
    ]
    assert replay(Home(tmp_path), nodes, lambda _: None) is None
