"""Whether a value is one that the quality assessment counts: terms flow in, yes or no flows out.

What is machine-readable or non-proprietary is what the EU's list of file types marks so ("is-machine-readable" and
"is-nonPropExt" of each entry), and nothing else: formats that the list knows and does not mark (such as PDF, or DOCX)
do not count. A distribution that names its format in another way (a literal, an extension, a media type) has not its
format from the vocabulary, but what it means is looked up all the same, so that "CSV" counts as machine-readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pyoxigraph as ox

from graph.catalogue.validate import lists
from graph.names import PREFIXES
from graph.rdf.index import Term

LICENCE_LIST = PREFIXES["euauth"] + "licence"
MACHINE_READABLE, NON_PROPRIETARY = "machine-readable", "non-proprietary"

# Media types by their address at IANA; the first part is one of the registry's top-level types (RFC 6838, RFC 9695).
MEDIA_TYPE = re.compile(
    r"https?://www\.iana\.org/assignments/media-types/"
    r"((?:application|audio|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9][\w!#$&^.+-]*)"
)
SUFFIXES = {"json": "JSON", "xml": "XML", "zip": "ZIP"}  # what is after the plus sign says the syntax (RFC 6839)

# The codes of the EU's list of licences, http://publications.europa.eu/resource/authority/licence.
_LICENCE_CODES = """
0BSD AGPL_3_0 APACHE_1_1 APACHE_2_0 APL_1_0 APSL_2_0 ARTISTIC_1_0 ARTISTIC_2_0 BSD_2_CLAUSE BSD_3_CLAUSE
BSD_3_CLAUSE_LBNL BSD_PLUS_PATENT BSL_1_0 CATOSL_1_1 CC0 CC_BY CC_BYNC CC_BYNCND CC_BYNCND_1_0 CC_BYNCND_2_0
CC_BYNCND_2_5 CC_BYNCND_3_0 CC_BYNCND_4_0 CC_BYNCSA CC_BYNCSA_1_0 CC_BYNCSA_2_0 CC_BYNCSA_2_5 CC_BYNCSA_3_0
CC_BYNCSA_4_0 CC_BYNC_1_0 CC_BYNC_2_0 CC_BYNC_2_5 CC_BYNC_3_0 CC_BYNC_4_0 CC_BYND CC_BYND_1_0 CC_BYND_2_0
CC_BYND_2_5 CC_BYND_3_0 CC_BYND_4_0 CC_BYSA CC_BYSA_1_0 CC_BYSA_2_0 CC_BYSA_2_5 CC_BYSA_3_0 CC_BYSA_3_0_NL
CC_BYSA_4_0 CC_BY_1_0 CC_BY_2_0 CC_BY_2_5 CC_BY_3_0 CC_BY_3_0_AT CC_BY_3_0_NL CC_BY_4_0 CC_PDM_1_0 CDDL_1_0
CECILL_2_1 CLARIN_ACA_1_0 CNRI_PYTHON COM_REUSE CPAL_1_0 CPL_1_0 DLDE_BYNC_1_0 DLDE_BY_1_0 DLDE_BY_2_0
DLDE_ZERO_2_0 ECL_1_0 ECL_2_0 ECOS_2_0 EFL_1_0 EFL_2 ENTESSA EPL_1_0 EPL_2_0 ETALAB_2_0 EUPL_1_0 EUPL_1_1
EUPL_1_2 EU_DATAGRID FAIR FRAMEWORX_1_0 GNU_FDL GNU_FDL_1_1 GNU_FDL_1_2 GNU_FDL_1_3 GPL_2_0 GPL_3_0 HPND HROD
IODL_1_0 IODL_2_0 IPA IPL_1_0 ISA_OML ISA_OML_1_1 ISC LGPL_2_1 LGPL_3_0 LILIQ_P_1_1 LILIQ_RPLUS_1_1 LILIQ_R_1_1
LPL_1_0 LPL_1_02 LPPL_1_3C MIROS MIT MOTOSOTO MPL_1_0 MPL_1_1 MPL_2_0 MS_PL MS_RL MULTICS NASA_1_3 NAUMEN NCSA
NGPL NLOD_1_0 NLOD_2_0 NOKIA NPOSL_3_0 NTP OCLC_2_0 ODC_BL ODC_BY ODC_PDDL OFL_1_1 OGL_1_0 OGL_2_0 OGL_3_0
OGL_NC OGL_ROU_1_0 OGTSL OPL_2_1 OP_DATPRO OSL_1_0 OSL_2_1 OSL_3_0 PHP_3_0 POSTGRE_SQL PSEUL PYTHON_2_0 QPL_1_0
RPL_1_1 RPL_1_5 RPSL_1_0 RSCPL SIMPL_2_0 SLEEPYCAT SPL_1_0 UCL_1_0 UPL_1_0 VSL_1_0 W3C WATCOM_1_0 WXWINDOWS XNET
ZLIB ZPL_2_0
"""
LICENCES = frozenset(_LICENCE_CODES.split())


def is_said(terms: Iterable[Term]) -> bool:
    """Whether there is a value: a node, or a literal that is more than blanks."""
    return any(not isinstance(term, ox.Literal) or term.value.strip() for term in terms)


def is_of(scheme: str, terms: Iterable[Term]) -> bool:
    """Whether one of the values is an entry of a code list."""
    return any(isinstance(term, ox.NamedNode) and lists.scheme_of(term.value) == scheme for term in terms)


def is_media_type(terms: Iterable[Term]) -> bool:
    """Whether one of the values is a media type by its address at IANA."""
    return any(isinstance(term, ox.NamedNode) and MEDIA_TYPE.fullmatch(term.value) for term in terms)


def is_licence(terms: Iterable[Term]) -> bool:
    """Whether one of the values is a licence of the EU's list.

    >>> is_licence([ox.NamedNode("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0")])
    True
    """
    space = LICENCE_LIST + "/"
    return any(
        isinstance(term, ox.NamedNode) and term.value.startswith(space) and term.value.removeprefix(space) in LICENCES
        for term in terms
    )


def has_feature(feature: str, terms: Iterable[Term]) -> bool:
    """Whether one of the values means a file type that the EU's list marks so.

    >>> has_feature(MACHINE_READABLE, [ox.Literal("csv")]), has_feature(NON_PROPRIETARY, [ox.Literal("pdf")])
    (True, False)
    """
    return any(code in _codes_with(feature) for term in terms for code in file_types(term))


def file_types(term: Term) -> frozenset[str]:
    """The codes of the file types that a value of dcterms:format or dcat:mediaType means.

    >>> sorted(file_types(ox.NamedNode("https://www.iana.org/assignments/media-types/application/fhir+json")))
    ['JSON']
    """
    if isinstance(term, ox.NamedNode):
        known = lists.concept(term.value)
        if known is not None and known.scheme == lists.FILE_TYPE:
            return frozenset({known.code})
        found = MEDIA_TYPE.fullmatch(term.value)
        return _named(found[1]) if found else frozenset()
    return _named(term.value) if isinstance(term, ox.Literal) else frozenset()


@cache
def _codes_with(feature: str) -> frozenset[str]:
    entries = lists.all_lists().concepts.values()
    return frozenset(entry.code for entry in entries if entry.scheme == lists.FILE_TYPE and feature in entry.features)


@cache
def _named(text: str) -> frozenset[str]:
    name = text.partition(";")[0].strip().lower()
    if name in _names():
        return _names()[name]
    suffix = SUFFIXES.get(name.rpartition("+")[2]) if "/" in name and "+" in name else None
    return frozenset({suffix}) if suffix else frozenset()


@cache
def _names() -> dict[str, frozenset[str]]:
    """File types by what they are called: code, labels, extension with and without its dot, media type."""
    found: dict[str, set[str]] = {}
    for entry in lists.all_lists().concepts.values():
        if entry.scheme == lists.FILE_TYPE:
            extensions = [notation.removeprefix(".") for notation in entry.notations]
            for name in (entry.code, entry.label, *entry.other_labels, *entry.notations, *extensions):
                found.setdefault(name.lower(), set()).add(entry.code)
    for name, code in lists.MEDIA_TYPES.items():
        found[name] = {code}
    return {name: frozenset(codes) for name, codes in found.items()}
