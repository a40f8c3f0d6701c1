"""Where there is no browser, `make test` gets one itself, and says what to do only if it cannot."""

from pathlib import Path

import pytest
from support import browser, get_browser


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The PATH of a machine without a browser, whose Playwright has no network."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "chmod", "cat"):
        (programs / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloaded"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "MAC_APPLICATIONS", ())
    return programs


def program(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def provides_apt_get(machine: Path) -> None:
    """A package manager that notes what it is asked for, and installs a browser that starts."""
    chromium = machine / "chromium"
    program(
        machine,
        "apt-get",
        f"""echo "$*" >> {machine}/asked
case "$*" in *install*) echo '#!/bin/sh' > {chromium}; chmod +x {chromium};; esac""",
    )
    program(machine, "sudo", '[ "$1" = -n ] && shift && "$@"')


def test_a_browser_that_is_there_is_taken(machine, capsys):
    provides_apt_get(machine)
    program(machine, "google-chrome", "exit 0")
    get_browser.main()
    assert capsys.readouterr().err == ""
    assert not (machine / "asked").exists()


def test_apt_get_installs_one_where_playwright_has_none_to_download(machine, capfd):
    provides_apt_get(machine)
    program(machine, "chromium-browser", "exit 1")  # as the stub of a snap
    get_browser.main()
    assert (machine / "asked").read_text().splitlines() == [
        "-qq update",
        "-qq install -y --no-install-recommends chromium fonts-dejavu-core",
    ]
    assert browser.browser_path() == str(machine / "chromium")
    assert "No browser could be installed" not in capfd.readouterr().err


def test_where_neither_helps_it_says_what_to_do(machine, capfd):
    get_browser.main()
    said = capfd.readouterr().err
    assert "No browser could be installed" in said
    assert "CHROMIUM=/path/to/it make test" in said
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"), browser.open_browser():
        pass


def test_what_playwright_downloaded_is_found(machine, monkeypatch):
    downloaded = machine / "downloaded"
    monkeypatch.setattr(browser, "_of_playwright", lambda: str(downloaded))
    assert browser.browser_path() is None
    program(machine, "downloaded", "exit 0")
    assert browser.browser_path() == str(downloaded)
