"""Which database a URL names, and which table a name."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Tuple, Union
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from glacier.core.errors import InvalidDatabase

__all__ = [
    "LONGEST",
    "Address",
    "EngineAddress",
    "PostgresAddress",
    "SqliteAddress",
    "TableName",
    "address_of",
    "is_query",
    "split_address",
    "table_name",
]

_FORMS = (
    "Write sqlite:///path/to/file.db, postgresql://user:password@host:5432/database, or a URL of "
    "SQLAlchemy for another one, mysql+pymysql://user:password@host:3306/database."
)
_WORDS = "select|with|values|table|insert|update|delete|merge|create|alter|drop|truncate"
_QUERY = re.compile(rf"\s*(\(|({_WORDS})\s+\S)", re.IGNORECASE)
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|odbc_connect", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][\w+.-]*)://")
LONGEST = 63  # bytes; PostgreSQL cuts longer names without a word


class SqliteAddress(NamedTuple):
    """A SQLite database by its file."""

    path: str

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


class PostgresAddress(NamedTuple):
    """A PostgreSQL database by what libpq is told; its text leaves the password out."""

    parameters: Tuple[Tuple[str, str], ...]

    @property
    def secret(self) -> str:
        """What no message may show."""
        told = dict(self.parameters)
        return told.get("password") or told.get("sslpassword", "")

    def __str__(self) -> str:
        told = dict(self.parameters)
        user = f"{told['user']}{':***' if 'password' in told else ''}@" if "user" in told else ""
        port = f":{told['port']}" if "port" in told else ""
        return f"postgresql://{user}{told.get('host', '')}{port}/{told.get('dbname', '')}"

    def __repr__(self) -> str:
        return str(self)


class EngineAddress(NamedTuple):
    """A database of which SQLAlchemy knows more; the text leaves password and options out."""

    url: str

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0].lower()

    @property
    def secrets(self) -> Tuple[str, ...]:
        """What no message may show."""
        user, _, rest = self._parts
        password = user.partition(":")[2]
        told = parse_qsl(rest.partition("?")[2])
        found = [password, unquote(password), *(one for key, one in told if _SECRET.search(key))]
        return tuple(one for one in found if one)

    @property
    def _parts(self) -> Tuple[str, str, str]:
        """The user with the password, the mark after them, and the rest."""
        rest = self.url.partition("://")[2]
        base, mark, options = rest.partition("?")
        if "@" not in base:  # or the mark is part of the password
            return rest.rpartition("@")
        user, at, place = base.rpartition("@")
        return user, at, f"{place}{mark}{options}"

    def __str__(self) -> str:
        user, at, rest = self._parts
        name, colon, _ = user.partition(":")
        place = rest.partition("?")[0]
        return f"{self.scheme}://{name}{':***' if colon else ''}{at}{place}"

    def __repr__(self) -> str:
        return str(self)


Address = Union[SqliteAddress, PostgresAddress, EngineAddress]
TableName = Tuple[str, ...]


def address_of(url: str) -> Address:
    """The database that a URL names. Raises :class:`~glacier.core.errors.InvalidDatabase`."""
    try:
        parts = urlsplit(url)
        told = _SCHEME.match(url)  # the standard library's holds no underline, as db2+ibm_db has
        scheme = told[1].partition("+")[0].lower() if told else parts.scheme
        if scheme == "sqlite":
            return _sqlite(parts)
        if scheme in ("postgresql", "postgres"):
            return _postgres(parts)
        if told is not None:
            return EngineAddress(url)
    except (ValueError, AttributeError):
        # The URL may hold a password, and so may the error's text.
        raise _invalid("it cannot be read as a URL") from None
    raise _invalid(f"it names no database, but {scheme or 'nothing'!r}")


def _invalid(reason: str) -> InvalidDatabase:
    return InvalidDatabase(subject="the database's URL", reason=reason, mend=_FORMS)


def _sqlite(parts: SplitResult) -> SqliteAddress:
    path = unquote(parts.path)[1:]
    if parts.netloc or not path or path == ":memory:":
        why = "it names a host" if parts.netloc else "it names no file"
        raise _invalid(f"{why}, and SQLite needs a file, after three slashes")
    return SqliteAddress(path)


def _postgres(parts: SplitResult) -> PostgresAddress:
    told: Dict[str, str] = dict(parse_qsl(parts.query, keep_blank_values=True))
    found = {
        "user": parts.username,
        "password": parts.password,
        "host": parts.hostname,
        "port": None if parts.port is None else str(parts.port),
        "dbname": parts.path[1:],
    }
    told.update({key: unquote(value) for key, value in found.items() if value})
    return PostgresAddress(tuple(told.items()))


def is_query(text: str) -> bool:
    """Whether this is a query, and not the name of a table."""
    return _QUERY.match(text) is not None


def split_address(address: str) -> Tuple[str, str]:
    """The URL of a database and what stands after ``#``: a table, or a query as it is.

    Raises :class:`~glacier.core.errors.InvalidDatabase`.
    """
    url, _, table = address.partition("#")
    mend = "Write the table after it: sqlite:///shop.db#orders."
    if "@" in table and "@" not in url:
        # Then all that follows belongs to the password, so no message may show it.
        raise _invalid("a '#' in its password must be written %23")
    if not table.strip():
        raise InvalidDatabase(subject=str(address_of(url)), reason="it names no table", mend=mend)
    return url, table.strip()


def table_name(name: str, address: Address) -> TableName:
    """The parts of a table's name: its own, the last, and before it the schema if that is given.

    Raises :class:`~glacier.core.errors.InvalidDatabase`.
    """
    name = name.strip()
    if isinstance(address, SqliteAddress):
        parts: TableName = (name,)
        reason, mend = "it is not a table's name", "Write a name such as orders."
    else:
        parts = tuple(name.split("."))
        reason, mend = "it is not a table's name", "Write orders, or shop.orders with a schema."
        longest = LONGEST if isinstance(address, PostgresAddress) else len(name) * 4
        if any(len(part.encode(errors="replace")) > longest for part in parts):
            reason, mend = "a name is too long", f"PostgreSQL keeps {LONGEST} bytes of a name."
            parts = ()
    most = 3 if isinstance(address, EngineAddress) else 2  # some have databases of schemas
    if 0 < len(parts) <= most and all(map(str.strip, parts)) and "\0" not in name:
        return parts
    raise InvalidDatabase(subject=f"{name!r}", reason=reason, mend=mend)
