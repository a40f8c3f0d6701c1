"""Whatever a run writes is for owner and group at most, under any umask, in new homes and old ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE

import pytest
from support.worlds import Accounts, World


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def modes(world: World) -> dict[Path, tuple[int, int]]:
    """Inode and mode of all that runs have written."""
    own = {world.root / name for name in ("landing", "counterfoil.toml", ".lock", ".push.lock")}
    found = {
        path: path.stat() for path in world.root.rglob("*") if not path.is_symlink() and not own & {path, *path.parents}
    }
    return {path: (facts.st_ino, S_IMODE(facts.st_mode)) for path, facts in found.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    with umask(0o022):
        made = World(tmp_path_factory.mktemp("modes"))
        accounts = Accounts()
        accounts.tenant("acme")
        for period in ("2026-01", "2026-02"):
            accounts.deliver(made, period)
        made.run("2026-01")
    return made


def test_others_can_read_nothing(world):
    found = {path: mode for path, (_, mode) in modes(world).items()}
    secret = world.home.ledger / "secret"
    published = world.home.published.resolve() / "exports" / "period=2026-01"
    assert found.pop(secret) == 0o600
    assert len([path for path in found if path.is_relative_to(published)]) > 20
    assert {oct(mode) for path, mode in found.items() if path.is_dir()} == {"0o750"}
    # What is published is read-only; of the rest some may be so too.
    assert {oct(mode) for path, mode in found.items() if not path.is_dir()} == {"0o640", "0o440"}
    assert {found[path] for path in published.rglob("*") if path.is_file()} == {0o440}
    assert {found[path] for path in (world.home.ledger / "seal=000001").iterdir()} == {0o640}


def test_the_group_can_read_nothing_either_if_the_umask_says_so_and_old_files_are_closed(world):
    before = modes(world)
    old = world.home.ledger / "seal=000001"
    for path in (world.home.ledger / "secret", old / "invoices.parquet"):
        path.chmod(0o644)
    for folder in (world.home.ledger, old, world.home.publications, world.home.raw):
        folder.chmod(0o755)
    with umask(0o077):
        world.run("2026-02")
    after = modes(world)
    known = {inode for inode, _ in before.values()}
    new = {path: mode for path, (inode, mode) in after.items() if inode not in known}
    assert len(new) > 50
    assert {path: oct(mode) for path, mode in new.items() if mode & 0o077} == {}
    assert {path: oct(mode) for path, (_, mode) in after.items() if mode & 0o027} == {}
    assert after[world.home.ledger / "secret"][1] == 0o600
