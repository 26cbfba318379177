"""What a dataset's page calls the properties of a record: tables, from which labels flow out in the order of a page."""

from __future__ import annotations

from graph.catalogue.records import DCAT, Level
from graph.names import DCTERMS, PREFIXES, RDFS
from graph.rdf.index import TYPE

ADMS, CSVW, CV, DPV, DQV = (PREFIXES[name] for name in ("adms", "csvw", "cv", "dpv", "dqv"))
FOAF, GEODCAT, HEALTH, PROV, VCARD = (PREFIXES[name] for name in ("foaf", "geodcatap", "healthdcatap", "prov", "vcard"))
DCATAP, SCHEMA, SKOS, SPDX = (PREFIXES[name] for name in ("dcatap", "schema", "skos", "spdx"))

# What is said of a dataset, in the order that people ask; what stands in none of these is "also stated".
HOLDS: dict[str, str] = {
    DCTERMS + "alternative": "Also called",
    HEALTH + "healthCategory": "Health category",
    HEALTH + "healthTheme": "Health theme",
    DCAT + "theme": "Theme",
    DCTERMS + "subject": "Subject",
    DCAT + "keyword": "Keywords",
    DCTERMS + "type": "Kind",
    HEALTH + "populationCoverage": "Population",
    HEALTH + "numberOfUniqueIndividuals": "Persons",
    HEALTH + "numberOfRecords": "Records",
    HEALTH + "minTypicalAge": "Youngest typical age",
    HEALTH + "maxTypicalAge": "Oldest typical age",
    DCTERMS + "temporal": "Period covered",
    DCAT + "temporalResolution": "Smallest step in time",
    DCTERMS + "spatial": "Place covered",
    DCAT + "spatialResolutionInMeters": "Smallest distance, in metres",
    DCTERMS + "language": "Language",
    HEALTH + "hasCodingSystem": "Coding system",
    HEALTH + "hasCodeValues": "Codes",
    DCTERMS + "conformsTo": "Conforms to",
    DCTERMS + "accrualPeriodicity": "Updated",
    DCTERMS + "issued": "Published",
    DCTERMS + "modified": "Modified",
    DCAT + "version": "Version",
    ADMS + "versionNotes": "About this version",
    DCTERMS + "provenance": "How it came about",
    PROV + "wasGeneratedBy": "Made by",
    DCTERMS + "source": "Made from",
    DCAT + "qualifiedAttribution": "Also responsible",
    DQV + "hasQualityAnnotation": "Quality",
    DCAT + "inSeries": "In the series",
    DCTERMS + "isReferencedBy": "Publications",
    DCTERMS + "relation": "Related",
    DCAT + "landingPage": "Page of its own",
    FOAF + "page": "Documentation",
    DCTERMS + "identifier": "Identifier",
    ADMS + "identifier": "Other identifiers",
}
ACCESS: dict[str, str] = {
    DCTERMS + "accessRights": "Access",
    HEALTH + "hdab": "Health data access body",
    HEALTH + "hdabCoordinator": "Coordinator of access bodies",
    DCTERMS + "publisher": "Publisher",
    GEODCAT + "custodian": "Holder",
    DCTERMS + "creator": "Creator",
    DCAT + "contactPoint": "Contact",
    DCATAP + "applicableLegislation": "Applicable law",
    DPV + "hasLegalBasis": "Legal basis",
    DPV + "hasPurpose": "Purposes",
    DPV + "hasPersonalData": "Personal data",
    DCTERMS + "rights": "Rights",
    DCTERMS + "license": "Licence",
    HEALTH + "retentionPeriod": "Kept",
}
ELSEWHERE = {
    *(TYPE, DCTERMS + "title", DCTERMS + "description", DCAT + "distribution"),
    *(HEALTH + name for name in ("hasVariables", "hasStructuredData", "analytics")),
    ADMS + "sample",
}  # what the page shows in a place of its own
IN_WORDS = {
    Level.PUBLIC: "Public: anybody may have it.",
    Level.RESTRICTED: "Restricted: it is given on conditions that the holder or the access body checks.",
    Level.NON_PUBLIC: "Not public: it is used under a permit, as a rule in a secure processing environment.",
}
CONTACTS = (
    *(VCARD + "hasEmail", VCARD + "hasURL", VCARD + "hasTelephone", CV + "email", CV + "contactPage"),
    *(CV + "telephone", FOAF + "mbox", FOAF + "homepage", FOAF + "page", SCHEMA + "email", SCHEMA + "url"),
)
FORMS: dict[str, str] = {
    DCTERMS + "format": "Format",
    DCAT + "mediaType": "Media type",
    DCAT + "compressFormat": "Compressed as",
    DCAT + "packageFormat": "Packed as",
    DCAT + "byteSize": "Size",
    DCAT + "accessURL": "Where to ask for it",
    DCAT + "downloadURL": "Download",
    DCAT + "accessService": "Service",
    DCTERMS + "license": "Licence",
    DCTERMS + "rights": "Rights",
    DCTERMS + "language": "Language",
    ADMS + "status": "Status",
    DCATAP + "availability": "Availability",
    DCTERMS + "modified": "Modified",
    DCATAP + "applicableLegislation": "Applicable law",
}
POINTS = (CV + "contactPoint", DCAT + "contactPoint", SCHEMA + "contactPoint")
PERIOD = ((DCAT + "startDate", SCHEMA + "startDate"), (DCAT + "endDate", SCHEMA + "endDate"))
SENTENCES = (DCTERMS + "description", SKOS + "notation", RDFS + "comment", DCAT + "bbox")
# What things are called, the best first.
NAMES = (
    *(FOAF + "name", VCARD + "fn", VCARD + "organization-name", DCTERMS + "title"),
    *(RDFS + "label", SKOS + "prefLabel"),
)
