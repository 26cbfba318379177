"""Who publishes the catalogue: settings flow in, statements about the agent that runs this server flow out.

Where nobody set who that is, it is said just so: "operator of this pmkg server", reached on a page of the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from graph.catalogue.publish.says import english, say
from graph.catalogue.publish.writable import as_iri
from graph.settings import Settings

NOBODY_NAMED = "operator of this pmkg server"


@dataclass(frozen=True)
class Operator:
    """Who runs the server, and how to reach it: an e-mail address or a web page."""

    name: str
    contact: str
    page: str

    @classmethod
    def of(cls, settings: Settings, page: str) -> Operator:
        """The operator that the settings name; `page` is the page of this server that says what it is."""
        return cls(settings.catalogue_publisher.strip(), settings.catalogue_contact.strip(), page)

    @property
    def _name(self) -> ox.Literal:
        return ox.Literal(self.name) if self.name else english(NOBODY_NAMED)

    @property
    def node(self) -> ox.NamedNode:
        """The agent, by an IRI of this server: another server of the same software has another operator."""
        return ox.NamedNode(self.page + "#operator")

    @property
    def contact_point(self) -> ox.NamedNode:
        """The contact point of the datasets that we publish ourselves (a vcard:Kind)."""
        return ox.NamedNode(self.page + "#contact")

    @property
    def _mail(self) -> str:
        """The e-mail address, '' where the contact is none."""
        address = self.contact.removeprefix("mailto:")
        return address if "@" in address and as_iri("mailto:" + address) else ""

    def statements(self) -> Iterator[ox.Triple]:
        """What is said of the agent and of how to reach it."""
        point, reached = ox.NamedNode(self.page + "#contact-point"), as_iri(self.contact)
        page = reached if reached is not None and not self._mail else ox.NamedNode(self.page)
        mail = self._mail
        yield from say(self.node, [("rdf:type", "foaf:Agent"), ("foaf:name", self._name), ("cv:contactPoint", point)])
        yield from say(point, [("rdf:type", "cv:ContactPoint")])
        yield from say(self.contact_point, [("rdf:type", "vcard:Kind"), ("vcard:fn", self._name)])
        if mail:
            yield from say(point, [("cv:email", ox.Literal(mail))])
            yield from say(self.contact_point, [("vcard:hasEmail", ox.NamedNode("mailto:" + mail))])
        else:
            yield from say(point, [("cv:contactPage", page)])
            yield from say(self.contact_point, [("vcard:hasURL", page)])
