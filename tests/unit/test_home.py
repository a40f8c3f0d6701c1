"""The home and its configuration."""

from datetime import date

import pytest

from python_assets.errors import NoHome, UserError
from python_assets.home import Config, Home
from python_assets.periods import add_months, months_between, parse_period


def test_a_home_without_configuration_has_the_defaults(tmp_path):
    (tmp_path / "landing").mkdir()
    config = Home.open(tmp_path).config
    assert (config.timezone, config.first_period, config.reporting_currency) == ("UTC", None, "AUD")
    assert (config.adjustment_months, config.k, config.supplier.abn, config.allowed_hosts) == (3, 11, "", ())


def test_configuration_is_read(tmp_path):
    (tmp_path / "counterfoil.toml").write_text(
        '[supplier]\nname = "A"\nabn = "51824753556"\n[ui]\nallowed_hosts = ["billing.example.com", "b:8443"]\n'
        '[billing]\ntimezone = "Australia/Sydney"\nfirst_period = "2026-03"\nadjustment_months = 1\n[privacy]\nk = 20\n'
    )
    config = Home.open(tmp_path).config
    assert (config.supplier.name, config.supplier.abn) == ("A", "51824753556")
    assert config.allowed_hosts == ("billing.example.com", "b:8443")
    assert (config.timezone, config.first_period, config.adjustment_months, config.k) == (
        "Australia/Sydney",
        date(2026, 3, 1),
        1,
        20,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[billing]\ntimezone = 'Mars/Base'", "billing.timezone"),
        ("[billing]\ntimezone = 3", "billing.timezone"),
        ("[billing]\nfirst_period = '2026-13'", "billing.first_period"),
        ("[billing]\nadjustment_months = -1", "billing.adjustment_months"),
        ("[billing]\nadjustment_months = true", "billing.adjustment_months"),
        ("[billing]\nadjustment_months = 121", "billing.adjustment_months"),
        ("[billing]\nreporting_currency = 'aud'", "billing.reporting_currency"),
        ("[billing]\nreporting_currency = 'JPY'", "'JPY' is a currency without cents"),
        ("[privacy]\nk = 0", "privacy.k"),
        ("[supplier]\nabn = '51824753557'", "supplier.abn '51824753557' is no ABN"),
        ("[supplier]\nabn = '5182475355'", "supplier.abn"),
        ("[ui]\nallowed_hosts = 'billing.example.com'", "ui.allowed_hosts must be a list"),
        ("[ui]\nallowed_hosts = [3]", "ui.allowed_hosts 3 is no name of a host"),
        ("[ui]\nallowed_hosts = ['https://billing.example.com']", "'https://billing.example.com' is no name of a host"),
        ("[ui]\nallowed_hosts = ['*.example.com']", "is no name of a host"),
        ("[ui]\nallowed_hosts = ['']", "is no name of a host"),
        ("[ui]\nhosts = []", "ui.hosts is no setting"),
        ("[billing]\ntimezon = 'UTC'", "billing.timezon is no setting"),
        ("billing = 3", "billing must be a table"),
        ("[billing", "cannot be read as TOML"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(tmp_path, text, told):
    (tmp_path / "counterfoil.toml").write_text(text)
    with pytest.raises(UserError, match=told) as error:
        Home.open(tmp_path)
    assert "counterfoil.toml" in str(error.value)


def test_hosts_of_a_proxy_change_nothing_that_months_depend_on():
    assert repr(Config(allowed_hosts=("billing.example.com",))) == repr(Config())


@pytest.mark.parametrize("text", ["51 824 753 556", "51824753556", " 51 824753556 "])
def test_an_abn_may_be_written_with_spaces(tmp_path, text):
    (tmp_path / "counterfoil.toml").write_text(f'[supplier]\nabn = "{text}"')
    assert Home.open(tmp_path).config.supplier.abn == "51824753556"


@pytest.mark.parametrize("sign", ["counterfoil.toml", "landing", "ledger"])
def test_a_folder_with_any_part_that_is_not_made_again_is_a_home(tmp_path, sign):
    (tmp_path / sign).touch() if sign.endswith(".toml") else (tmp_path / sign).mkdir()
    assert Home.open(tmp_path).root == tmp_path


def test_any_other_folder_is_not_a_home(tmp_path):
    with pytest.raises(NoHome, match="no such folder"):
        Home.open(tmp_path / "nowhere")
    (tmp_path / "raw").mkdir()
    with pytest.raises(NoHome, match="is not a home: it has no counterfoil"):
        Home.open(tmp_path)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "0000-01", "2026-01\n", ""])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UserError):
        parse_period(text)


def test_months_run_over_the_years_end():
    assert months_between(date(2025, 11, 1), date(2026, 2, 1)) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert months_between(date(2026, 2, 1), date(2026, 1, 1)) == []
    assert add_months(date(2026, 1, 1), -13) == date(2024, 12, 1)
