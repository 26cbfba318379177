"""Addresses in the wrong form: texts flow in; IRIs, mailto: and tel: flow out, and identifiers as text."""

from __future__ import annotations

import re

import pyoxigraph as ox

from graph.catalogue.mend.model import Statements, rule_for_values
from graph.catalogue.mend.text import iri_or_none
from graph.catalogue.records import DCAT
from graph.names import DCTERMS, PREFIXES, XSD
from graph.rdf.index import Term

HEALTH, ADMS, DCATAP = PREFIXES["healthdcatap"], PREFIXES["adms"], PREFIXES["dcatap"]
FOAF, VCARD, CV, PROV = PREFIXES["foaf"], PREFIXES["vcard"], PREFIXES["cv"], PREFIXES["prov"]
DPV, CSVW = PREFIXES["dpv"], PREFIXES["csvw"]


def _named(namespace: str, names: str) -> tuple[str, ...]:
    return tuple(namespace + name for name in names.split())


# Properties whose values are IRIs or nodes, in DCAT, DCAT-AP or HealthDCAT-AP.
WANT_IRI = (
    *_named(
        DCAT,
        "accessURL downloadURL landingPage theme themeTaxonomy dataset distribution service catalog servesDataset "
        "record endpointURL endpointDescription accessService contactPoint inSeries hasVersion isVersionOf mediaType "
        "compressFormat packageFormat hadRole",
    ),
    *_named(
        DCTERMS,
        "license conformsTo accessRights rights language format accrualPeriodicity spatial publisher creator type "
        "relation source isReferencedBy hasVersion isVersionOf isPartOf hasPart references replaces isReplacedBy",
    ),
    *_named(FOAF, "page homepage primaryTopic depiction thumbnail workInfoHomepage"),
    *_named(VCARD, "hasURL hasUID"),
    *_named(DCATAP, "applicableLegislation availability"),
    *_named(ADMS, "status sample"),
    *_named(
        HEALTH, "analytics hasCodingSystem hasVariables hdab hdabCoordinator healthCategory healthTheme publisherType"
    ),
    *_named(DPV, "hasPersonalData hasPurpose hasLegalBasis"),
    *_named(CV, "contactPage"),
    *_named(CSVW, "url propertyUrl"),
    *_named(PROV, "wasGeneratedBy qualifiedAttribution wasAssociatedWith agent"),
    PREFIXES["geodcatap"] + "custodian",
    PREFIXES["odrl"] + "hasPolicy",
    PREFIXES["spdx"] + "algorithm",
)
_ABSOLUTE = re.compile(
    r"^(?:https?|ftps?|sftp)://[^\s/]+|^(?:urn|doi|info|ark|did|tag|mailto|tel|s3):\S+$", re.IGNORECASE
)
_MAIL = re.compile(
    r"^(?:mailto:)*\s*([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$", re.IGNORECASE
)
_MAIL_AS_PATH = re.compile(
    r"^(?:https?|file)://.*/([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})$"
)
_PHONE = re.compile(r"^(?:tel:)?\s*(\+[0-9][0-9 ()./-]{4,24})$", re.IGNORECASE)


def _iri_from_literal(term: Term, *_: object) -> Term | None:
    if isinstance(term, ox.Literal) and _ABSOLUTE.match(term.value.strip().strip("<>")):
        return iri_or_none(term.value)
    return None


def _mail(term: Term, *_: object) -> Term | None:
    if isinstance(term, ox.BlankNode | ox.Triple):
        return None
    text = term.value.strip()
    found = _MAIL.match(text) or _MAIL_AS_PATH.match(text)
    return iri_or_none("mailto:" + found[1]) if found else _iri_from_literal(term)


def _telephone(term: Term, *_: object) -> Term | None:
    found = _PHONE.match(term.value.strip()) if isinstance(term, ox.Literal) else None
    if not found or "(0" in found[1]:  # a zero that is dialled inside the country alone
        return None
    return ox.NamedNode("tel:" + re.sub("[ ()./]", "", found[1]))


def _identifier(term: Term, _: ox.Triple, statements: Statements) -> Term | None:
    if not isinstance(term, ox.NamedNode) or term in statements.described:
        return None
    return ox.Literal(term.value, datatype=ox.NamedNode(XSD + "anyURI"))


RULES = (
    rule_for_values(
        "iri-as-text",
        "The property asks for an address, and the text is exactly one: an absolute IRI is now an IRI.",
        WANT_IRI,
        _iri_from_literal,
    ),
    rule_for_values(
        "mail-address",
        "The property asks for an e-mail address as mailto:, and the value is exactly one address.",
        (VCARD + "hasEmail", FOAF + "mbox"),
        _mail,
    ),
    rule_for_values(
        "telephone",
        "The property asks for a telephone number as tel:, and the text is exactly one number in international form.",
        (VCARD + "hasTelephone", FOAF + "phone"),
        _telephone,
    ),
    rule_for_values(
        "identifier-as-iri",
        "dct:identifier holds text: the IRI is kept, letter by letter, as xsd:anyURI.",
        (DCTERMS + "identifier",),
        _identifier,
    ),
)
