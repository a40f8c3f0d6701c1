"""Files are for owner and group at most, and the user's umask is honoured."""

import os
from pathlib import Path
from stat import S_IMODE

import pytest

from python_assets.home import Home
from python_assets.ledger.secret import make_secret
from python_assets.permissions import kept_from_others, make_read_only, restrict


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o002, 0o022, 0o077, 0o000, 0o027, 0o007])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_new_files_have_what_the_umask_allows_and_no_more_than_owner_and_group_need(tmp_path, umask):
    with kept_from_others(), kept_from_others():
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").touch()
    assert mode(tmp_path / "folder") == 0o750 & ~umask
    assert mode(tmp_path / "file") == 0o640 & ~umask
    (tmp_path / "after").touch()
    assert mode(tmp_path / "after") == 0o666 & ~umask


def test_the_secret_is_for_its_owner_alone(tmp_path, umask):
    home = Home(tmp_path)
    home.ledger.mkdir()
    make_secret(home)
    assert mode(home.ledger / "secret") == 0o600


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o440), (0o666, 0o440), (0o600, 0o400), (0o440, 0o440)])
def test_published_files_are_read_only_and_never_more_open_than_before(tmp_path, before, after):
    path = tmp_path / "file"
    path.touch()
    path.chmod(before)
    make_read_only(path)
    assert mode(path) == after


def test_what_an_earlier_version_left_open_is_closed(tmp_path):
    home = Home(tmp_path)
    seal = home.ledger / "seal=000001"
    for folder in (home.landing, home.raw, home.publications, home.receipts, home.dagster, seal):
        folder.mkdir(parents=True)
    for path in (home.warehouse, home.ledger / "secret", seal / "seal.json", home.landing / "usage.csv"):
        path.touch()
    for path in tmp_path.rglob("*"):
        path.chmod(0o777)
    restrict(home)
    landing = {home.landing, home.landing / "usage.csv"}
    found = {path: mode(path) for path in tmp_path.rglob("*")}
    assert {found.pop(path) for path in landing} == {0o777}  # that is the user's
    assert found.pop(home.ledger / "secret") == 0o700
    assert set(found.values()) == {0o750}


def test_a_new_home_has_nothing_to_close(tmp_path):
    restrict(Home(tmp_path))
    assert list(tmp_path.iterdir()) == []
