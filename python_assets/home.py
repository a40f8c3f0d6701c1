"""A home: the folder that holds everything of one installation, and its configuration.

Source: the contract's section "Home". Nothing here reads input or writes results.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from python_assets.abn import parse_abn
from python_assets.currencies import WITHOUT_CENTS
from python_assets.errors import NoHome, UserError
from python_assets.hosts import parse_host
from python_assets.periods import parse_period

# What to do about a file of a home that is damaged, or in the way.
CAN_BE_DELETED = (
    "Counterfoil must be able to write there. raw/, warehouse.duckdb, published, .published/ and dagster/ of a home "
    "can be deleted, and are made again; landing/ and ledger/ cannot."
)

# What to do about a folder that is not a home.
WHICH_HOME = "name your home with --home or COUNTERFOIL_HOME, or make a new one with counterfoil init"
# A folder with one of these is a home. Nobody needs a configuration, and an auditor has the ledger alone.
_SIGNS = ("counterfoil.toml", "landing", "ledger")


@dataclass(frozen=True)
class Supplier:
    """Who issues the invoices; printed on them."""

    name: str = ""
    abn: str = ""
    address: str = ""
    email: str = ""


@dataclass(frozen=True)
class Config:
    """`counterfoil.toml`, with the defaults that hold without it."""

    supplier: Supplier = field(default_factory=Supplier)
    timezone: str = "UTC"
    first_period: date | None = None
    reporting_currency: str = "AUD"
    adjustment_months: int = 3
    k: int = 11
    # Not in repr(), by which months are fingerprinted: it changes no result.
    allowed_hosts: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Home:
    """The paths of one installation."""

    root: Path
    config: Config = field(default_factory=Config)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def mappings(self) -> Path:
        """How files of other systems are read: YAML files, by the user."""
        return self.root / "mappings"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The symbolic link to the newest complete publication."""
        return self.root / "published"

    @property
    def publications(self) -> Path:
        """Where the folders live that `published` points to."""
        return self.root / ".published"

    @property
    def marts(self) -> Path:
        return self.published / "marts.duckdb"

    @property
    def receipts(self) -> Path:
        """What was handed to an accounting service: spares a push, holds no state that is not made again."""
        return self.root / "receipts"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @classmethod
    def open(cls, root: Path) -> "Home":
        """The home in folder `root`; NoHome if there is none, UserError if its configuration is wrong."""
        root = root.absolute()
        if not root.is_dir():
            raise NoHome(f"{root}: no such folder; {WHICH_HOME}")
        if not any((root / name).exists() for name in _SIGNS):
            raise NoHome(f"{root} is not a home: it has no counterfoil.toml, landing/ or ledger/; {WHICH_HOME}")
        if odd := set(str(root)) & set("#?%*"):
            raise UserError(
                f"{root}: the path of a home must not have {' '.join(sorted(odd))} in it; rename the folder"
            )
        return cls(root, read_config(root / "counterfoil.toml"))


def read_config(path: Path) -> Config:
    """The configuration in a TOML file, all defaults if it is not there; UserError names file and key."""
    if not path.exists():
        return Config()
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as TOML: {error}") from error
    return _Reader(path, document).config()


_KINDS = {str: "text in quotes", int: "a whole number", list: "a list, written as []"}


class _Reader:
    """Takes settings out of a document one by one, so that what is left over is known to be a mistake."""

    def __init__(self, path: Path, document: dict[str, Any]):
        self._path = path
        self._document = document

    def config(self) -> Config:
        supplier = Supplier(
            abn=self._abn(), **{key: self._take("supplier", key, str, "") for key in ("name", "address", "email")}
        )
        config = Config(
            supplier=supplier,
            timezone=self._time_zone(),
            first_period=self._first_period(),
            reporting_currency=self._currency(),
            adjustment_months=self._whole("billing", "adjustment_months", 3, least=0, most=120),
            k=self._whole("privacy", "k", 11, least=1),
            allowed_hosts=self._hosts(),
        )
        for section, rest in self._document.items():
            for key in rest if isinstance(rest, dict) else [""]:
                self._fail(f"{section}.{key}".rstrip("."), "is no setting of Counterfoil")
        return config

    def _fail(self, key: str, why: str) -> None:
        raise UserError(f"{self._path}: {key} {why}")

    def _take(self, section: str, key: str, kind: type, default: Any) -> Any:
        table = self._document.get(section, {})
        if not isinstance(table, dict):
            self._fail(section, "must be a table, written as [" + section + "]")
        value = table.pop(key, default)
        if type(value) is not kind:
            self._fail(f"{section}.{key}", f"must be {_KINDS[kind]}")
        return value

    def _whole(self, section: str, key: str, default: int, least: int, most: int | None = None) -> int:
        value = self._take(section, key, int, default)
        if value < least:
            self._fail(f"{section}.{key}", f"must be {least} or more")
        if most is not None and value > most:
            self._fail(f"{section}.{key}", f"must be {most} or less")
        return value

    def _abn(self) -> str:
        """Digits only. A tax invoice with an ABN that is none would be no tax invoice, and sealed as one for ever."""
        text = self._take("supplier", "abn", str, "")
        digits = parse_abn(text)
        if text.strip() and not digits:
            self._fail(
                "supplier.abn", f"'{text}' is no ABN: it has 11 digits, such as 51 824 753 556, of which two check"
            )
        return digits or ""

    def _time_zone(self) -> str:
        name = self._take("billing", "timezone", str, "UTC")
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self._fail("billing.timezone", f"'{name}' is no IANA time zone, such as Australia/Sydney")
        return name

    def _first_period(self) -> date | None:
        text = self._take("billing", "first_period", str, "")
        try:
            return parse_period(text) if text else None
        except UserError as error:
            raise UserError(f"{self._path}: billing.first_period: {error}") from error

    def _currency(self) -> str:
        code = self._take("billing", "reporting_currency", str, "AUD")
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            self._fail("billing.reporting_currency", f"'{code}' is no currency code of three capitals")
        if code in WITHOUT_CENTS:
            self._fail("billing.reporting_currency", f"'{code}' is a currency without cents")
        return code

    def _hosts(self) -> tuple[str, ...]:
        hosts = self._take("ui", "allowed_hosts", list, [])
        for host in hosts:
            if not isinstance(host, str) or parse_host(host) is None:
                self._fail(
                    "ui.allowed_hosts",
                    f'{host!r} is no name of a host, such as "billing.example.com" or, with a port '
                    'other than that of http and https, "billing.example.com:8443"',
                )
        return tuple(hosts)
