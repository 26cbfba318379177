"""Bearer tokens: a role and a name flow in, a token flows out once; a token flows in, its `Principal` flows out.

<home>/tokens.json    who holds which token, by the token's hash; replaced as a whole, readable by its owner alone
<home>/tokens.lock    held by who changes it

A token is `pmkg_ID_SECRETSUM`: the prefix and the checksum let a secret scanner find leaked ones without a question to
us, the ID is no secret and names the token in lists and logs. The secret holds 256 random bits, so a plain SHA-256 of
it is enough: a slow or salted hash protects what can be guessed, and this cannot.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import string
import tempfile
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graph.access.roles import ANYONE, Principal, Role
from graph.errors import InputError, InvalidTokenError, Place, StoreError

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LETTERS = string.digits + string.ascii_lowercase
_SECRET = 43  # letters of 62 that 256 bits take
_SUM = 6  # those that a CRC-32 takes
SHAPE = re.compile(rf"pmkg_([0-9a-z]{{8}})_[0-9A-Za-z]{{{_SECRET + _SUM}}}")
LONGEST_NAME = 80
MOST_DAYS = 3650
_NOBODY = "0" * 64  # no token has this digest
_ADVICE = "Make another with 'pmkg token new'."


@dataclass(frozen=True)
class Token:
    """What is kept of a token; `owner` and `owner_name` are of the person who made it, '' where the command did."""

    id: str
    name: str
    role: Role
    created: datetime
    expires: datetime
    digest: str
    revoked: datetime | None = None
    owner: str = ""
    owner_name: str = ""

    @property
    def principal(self) -> Principal:
        name = f"{self.owner_name}, {self.name}" if self.owner_name else self.name
        return Principal(name, self.role, self.id)

    def state(self, now: datetime | None = None) -> str:
        """'valid', 'expired' or 'revoked'."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires <= (now or datetime.now(UTC)) else "valid"


class Tokens:
    """The tokens of one data directory. What another process changes is seen at once; safe to use from threads."""

    def __init__(self, home: Path) -> None:
        self.path = home.absolute() / "tokens.json"
        self._seen: tuple[tuple[int, ...] | None, dict[str, Token]] = (None, {})

    def all(self) -> list[Token]:
        """Every token that was ever made, oldest first.

        Raises:
            StoreError: the file cannot be read.
        """
        return list(self._read().values())

    def identify(self, text: str) -> Principal:
        """Whose token it is.

        Raises:
            InvalidTokenError: it is none of ours, expired or revoked; the message never holds it.
            StoreError: the file cannot be read.
        """
        shape = SHAPE.fullmatch(text)
        if shape is None or not is_whole(text):
            raise InvalidTokenError("that is not a token of this server, or not a whole one.", advice=_ADVICE)
        token = self._read().get(shape[1])
        # Compared also where there is none, so that the time does not tell which IDs exist.
        if not hmac.compare_digest(_digest(text), token.digest if token else _NOBODY) or token is None:
            raise InvalidTokenError("this server knows no such token.", advice=_ADVICE)
        if (state := token.state()) != "valid":
            when = token.revoked or token.expires
            raise InvalidTokenError(f"the token {token.id} is {state} since {when:%Y-%m-%d %H:%M} UTC.", advice=_ADVICE)
        return token.principal

    def new(self, role: Role, name: str, *, days: float, owner: str = "", owner_name: str = "") -> tuple[str, Token]:
        """Make a token: its text, which is kept nowhere, and what is kept of it.

        Raises:
            InputError: the name or the number of days cannot be used.
            StoreError: the file cannot be read or written.
        """
        _check(name, days)
        now = datetime.now(UTC).replace(microsecond=0)
        with self._change() as kept:
            ident = _unused(kept)
            text = _make(ident)
            expires = now + timedelta(days=days)
            kept[ident] = Token(ident, name, role, now, expires, _digest(text), owner=owner, owner_name=owner_name)
        return text, kept[ident]

    def revoke(self, ident: str) -> Token:
        """Make a token worthless from now on; it stays in the list, since logs name it.

        Raises:
            InputError: there is none of that ID.
            StoreError: the file cannot be read or written.
        """
        with self._change() as kept:
            if ident not in kept:
                raise InputError(f"there is no token '{_short(ident)}'.", advice="'pmkg token list' shows all.")
            if kept[ident].revoked is None:
                kept[ident] = replace(kept[ident], revoked=datetime.now(UTC).replace(microsecond=0))
        return kept[ident]

    def demote(self, owner: str, role: Role) -> list[Token]:
        """Revoke the valid tokens that a person made for themselves when their role was above `role`.

        Raises:
            StoreError: the file cannot be read or written.
        """
        above = [
            token.id
            for token in self.all()
            if token.owner == owner and token.role.rank > role.rank and token.state() == "valid"
        ]
        return [self.revoke(ident) for ident in above]

    def _read(self) -> dict[str, Token]:
        """What the file holds, read again only when it is another one; a missing one holds nothing."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(f"it cannot be read: {error.strerror}") from error
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        seen, tokens = self._seen
        if seen != stamp:
            # The stamp is the older of the two: a file replaced in between is read again next time.
            tokens = self._load()
            self._seen = (stamp, tokens)
        return tokens

    def _load(self) -> dict[str, Token]:
        try:
            rows = json.loads(self.path.read_text("utf-8"))["tokens"]
            return {row["id"]: _token(row) for row in rows}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise self._unusable("it cannot be read as a list of tokens") from error

    @contextmanager
    def _change(self) -> Iterator[dict[str, Token]]:
        """The tokens to change in the block; leaving it without an error writes them, whole or not at all."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                kept = dict(self._read())
                yield kept
                self._write(kept)
        except OSError as error:
            raise self._unusable(f"it cannot be written: {error.strerror}") from error

    def _write(self, kept: dict[str, Token]) -> None:
        text = json.dumps({"version": 1, "tokens": [_row(token) for token in kept.values()]}, indent=1) + "\n"
        descriptor, name = tempfile.mkstemp(prefix="tokens-", dir=self.path.parent)  # its mode is 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _unusable(self, message: str) -> StoreError:
        advice = "Mend or restore it; without the file, no token is valid."
        return StoreError(f"{message}.", place=Place(file=str(self.path)), advice=advice)


def is_whole(text: str) -> bool:
    """Whether the checksum at the end of a token fits the rest."""
    return text[-_SUM:] == _checksum(text[:-_SUM])


def found_in(text: str) -> bool:
    """Whether a text holds a whole token."""
    return any(is_whole(found[0]) for found in SHAPE.finditer(text))


def _make(ident: str) -> str:
    start = f"pmkg_{ident}_{_base62(secrets.randbits(256), _SECRET)}"
    return start + _checksum(start)


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _SUM)


def _base62(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(reversed(letters))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unused(kept: dict[str, Token]) -> str:
    while (ident := "".join(secrets.choice(_ID_LETTERS) for _ in range(8))) in kept:
        pass
    return ident


def _check(name: str, days: float) -> None:
    """Names go into logs, lists and the provenance: no control characters, and nobody is called what nobody is."""
    if name != name.strip() or not 0 < len(name) <= LONGEST_NAME or any(map(_is_invisible, name)):
        message = f"a token's name is 1 to {LONGEST_NAME} printable characters, without space at its ends."
        raise InputError(message, advice="Name who or what uses the token.")
    if name.casefold() == ANYONE.name:
        raise InputError(f"'{name}' stands for who has no token.", advice="Choose another name.")
    if not 0 < days <= MOST_DAYS:
        raise InputError(f"a token is valid for more than 0 and at most {MOST_DAYS} days.")


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "CZ" and letter != " "


def _short(text: str) -> str:
    """What was typed as an ID, without the secret where it was a whole token."""
    return SHAPE.sub(lambda found: f"pmkg_{found[1]}_…", text)[:LONGEST_NAME]


def _row(token: Token) -> dict[str, object]:
    times = {"created": token.created, "expires": token.expires, "revoked": token.revoked}
    shown = {name: time.isoformat() if time else None for name, time in times.items()}
    return {**asdict(token), "role": token.role.value, **shown}


def _token(row: dict[str, str]) -> Token:
    times = {name: datetime.fromisoformat(row[name]) for name in ("created", "expires")}
    revoked = datetime.fromisoformat(row["revoked"]) if row.get("revoked") else None
    return Token(**{**row, "role": Role(row["role"]), **times, "revoked": revoked})  # type: ignore[arg-type]
