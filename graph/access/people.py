"""Which role a person has: what an issuer claims of them and the setting's rules flow in, a `Person` flows out.

The rules are written `ROLE CLAIM VALUE; ROLE CLAIM VALUE; …`, such as `admin sub 1f3a@example.org; curator
eduperson_entitlement urn:example:group:curators`. The highest role of those that fit counts; whoever fits none reads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from graph.access.roles import Principal, Role
from graph.errors import SettingError
from graph.settings import variable

LONGEST_PART = 80  # of a name that an issuer gives


@dataclass(frozen=True)
class Rule:
    """Whoever has that value among those of a claim has that role."""

    role: Role
    claim: str
    value: str


@dataclass(frozen=True)
class Person:
    """Somebody that an issuer knows: `subject` is theirs for good there, `name` is what they call themselves."""

    issuer: str
    subject: str
    name: str
    role: Role

    @property
    def owner(self) -> str:
        """Whose tokens are theirs."""
        return f"{self.issuer} {self.subject}"

    @property
    def shown(self) -> str:
        """The name with the subject, which nobody else can take."""
        subject = _printable(self.subject)
        return f"{self.name} ({subject})" if self.name != subject else subject

    @property
    def principal(self) -> Principal:
        return Principal(self.shown, self.role)


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of the setting.

    Raises:
        SettingError: one is not a role, a claim and a value.
    """
    return tuple(_rule(part) for part in text.split(";") if part.strip())


def person_of(issuer: str, claims: Mapping[str, object], rules: tuple[Rule, ...]) -> Person:
    """Who the claims of an issuer are about; they have been verified, and hold a subject."""
    fitting = [rule.role for rule in rules if rule.value in _values(claims, rule.claim)]
    role = max(fitting, key=lambda role: role.rank, default=Role.READER)
    subject = str(claims["sub"])
    names = (claims.get(claim) for claim in ("preferred_username", "name"))
    name = next((name for name in names if isinstance(name, str) and _printable(name)), subject)
    return Person(issuer, subject, _printable(name), role)


def _rule(text: str) -> Rule:
    parts = text.split(maxsplit=2)
    roles = [role.value for role in Role]
    if len(parts) < 3 or parts[0] not in roles:
        message = f"{variable('oidc_roles')} has the rule '{text.strip()}'."
        advice = f"Write each as ROLE CLAIM VALUE, with a role of {', '.join(roles)}, and ';' between them."
        raise SettingError(message, advice=advice)
    return Rule(Role(parts[0]), parts[1], parts[2].strip())


def _values(claims: Mapping[str, object], name: str) -> list[object]:
    """What is claimed, as a list; an address of mail counts only where the issuer has seen it answer."""
    if name == "email" and claims.get("email_verified") is not True:
        return []
    value = claims.get(name)
    return value if isinstance(value, list) else [value]


def _printable(text: str) -> str:
    """A name for logs and lists: on one line, without what is invisible, and of a bearable length."""
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(shown.split())[:LONGEST_PART]
