"""What can be said in place of what a profile does not admit: names of terms flow in, their stand-ins flow out.

A property stands in for a narrower one only where its vocabulary says that it is broader (DCMI Metadata Terms, DCAT),
so that what is published follows from what was harvested, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graph.catalogue.records import DATASET, DCAT, DISTRIBUTION, SERIES, SERVICE
from graph.names import DCTERMS, PREFIXES, RDFS, SCHEMA, SKOS

ADMS, DC, FOAF, SPDX, VCARD = (PREFIXES[name] for name in ("adms", "dc", "foaf", "spdx", "vcard"))
PLAIN_SCHEMA = "http://schema.org/"

AGENT, CONCEPT, KIND, IDENTIFIER = FOAF + "Agent", SKOS + "Concept", VCARD + "Kind", ADMS + "Identifier"

# The fifteen elements, of which the DCMI terms of the same name are refinements.
_ELEMENTS = (
    *("contributor", "coverage", "creator", "date", "description", "format", "identifier", "language"),
    *("publisher", "relation", "rights", "source", "subject", "title", "type"),
)
_DATES = ("issued", "modified", "created", "available", "valid", "dateSubmitted", "dateAccepted")
_RELATIONS = (
    "conformsTo",
    "hasVersion",
    "isVersionOf",
    "isReferencedBy",
    "references",
    "source",
    "hasPart",
    "isPartOf",
)

# For each property the broader ones, the nearest first.
BROADER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{DCTERMS + name: (DC + name,) for name in _ELEMENTS},
        **{DCTERMS + name: (DCTERMS + "date", DC + "date") for name in _DATES},
        **{DCTERMS + name: (DCTERMS + "relation", DC + "relation") for name in _RELATIONS},
        **{DCTERMS + name: (DCTERMS + "coverage", DC + "coverage") for name in ("spatial", "temporal")},
        **{DCTERMS + name: (DC + "rights",) for name in ("license", "accessRights", "rights")},
        **{DCAT + name: (DC + "format",) for name in ("mediaType", "compressFormat", "packageFormat")},
        DCTERMS + "source": (DCTERMS + "relation", DC + "source"),
        DCAT + "theme": (DCTERMS + "subject", DC + "subject"),
        DCAT + "distribution": (DCTERMS + "relation",),
        DCAT + "inSeries": (DCTERMS + "isPartOf", DCTERMS + "relation"),
    }
)

# What says the same in other vocabularies, for what a class must have; the first that has a value is taken.
_LABELS = (
    *(DCTERMS + "title", FOAF + "name", SKOS + "prefLabel", RDFS + "label", VCARD + "fn", VCARD + "organization-name"),
    *(SCHEMA + "name", PLAIN_SCHEMA + "name", DC + "title"),
)
_DESCRIPTIONS = (
    *(DCTERMS + "abstract", DC + "description", SCHEMA + "description", PLAIN_SCHEMA + "description"),
    *(RDFS + "comment", SKOS + "definition"),
)
INSTEAD: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        **{(kind, DCTERMS + "title"): _LABELS for kind in (DATASET, SERIES, SERVICE, SKOS + "ConceptScheme")},
        **{(kind, DCTERMS + "description"): _DESCRIPTIONS for kind in (DATASET, SERIES)},
        (AGENT, FOAF + "name"): _LABELS,
        (CONCEPT, SKOS + "prefLabel"): _LABELS,
        (DISTRIBUTION, DCAT + "accessURL"): (DCAT + "downloadURL",),
    }
)
LABELS = _LABELS

# How a text becomes a node of the class that a property asks for: by the property that holds the text there.
TEXT_OF: Mapping[str, str] = MappingProxyType(
    {
        AGENT: FOAF + "name",
        KIND: VCARD + "fn",
        IDENTIFIER: SKOS + "notation",
        DCTERMS + "RightsStatement": RDFS + "label",
        DCTERMS + "LicenseDocument": RDFS + "label",
        DCTERMS + "ProvenanceStatement": RDFS + "label",
        DCTERMS + "Location": SKOS + "prefLabel",
        DCTERMS + "PeriodOfTime": RDFS + "label",
        DCTERMS + "Standard": DCTERMS + "title",
    }
)

# Terms of DCMI whose values have a name of their own: a text belongs to the older elements.
NODES_ONLY = frozenset(
    DCTERMS + name for name in ("relation", "coverage", "subject", "isPartOf", "rights", "publisher", "creator")
)

# Addresses that moved: what they are called now.
MOVED: Mapping[str, str] = MappingProxyType({SPDX: SPDX.replace("http:", "https:", 1)})
