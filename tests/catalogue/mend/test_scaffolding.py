from graph.catalogue.mend import mend
from graph.names import PREFIXES
from tests.catalogue.mend.samples import NAMESPACE, turtle

DCAT = PREFIXES["dcat"]


def _mended(text: str) -> set[str]:
    return {str(triple) for triple in mend(turtle(text), NAMESPACE).triples}


def _links(text: str, property: str) -> set[tuple[str, str]]:
    found = mend(turtle(text), NAMESPACE).triples
    return {(str(it.subject), str(it.object)) for it in found if it.predicate.value == DCAT + property}


def test_a_dataset_that_only_a_container_names_is_listed_by_its_catalogue() -> None:
    text = """ex:c a dcat:Catalog . ex:d a dcat:Dataset .
        ex:c-datasets a ldp:DirectContainer ; ldp:membershipResource ex:c ; ldp:hasMemberRelation dcat:dataset ;
            ldp:contains ex:d , ex:on-another-page ; dct:title "Datasets" ."""
    listed = {"<http://example.org/d>", "<http://example.org/on-another-page>"}
    assert _links(text, "dataset") == {("<http://example.org/c>", dataset) for dataset in listed}
    assert not any("ldp#" in it or "c-datasets" in it for it in _mended(text))


def test_a_container_need_not_say_by_which_property_its_members_belong() -> None:
    text = """ex:c a dcat:Catalog . ex:d a dcat:Dataset .
        ex:c-datasets a ldp:DirectContainer ; ldp:membershipResource ex:c ; ldp:contains ex:d ."""
    assert _links(text, "dataset") == {("<http://example.org/c>", "<http://example.org/d>")}


def test_a_dataset_that_says_what_it_is_part_of_is_listed_there() -> None:
    text = "ex:c a dcat:Catalog . ex:d a dcat:Dataset ; dct:isPartOf ex:c ."
    assert _links(text, "dataset") == {("<http://example.org/c>", "<http://example.org/d>")}


def test_a_sample_of_a_dataset_does_not_become_a_distribution() -> None:
    text = "ex:d a dcat:Dataset ; adms:sample ex:s . ex:s a dcat:Distribution ; dct:isPartOf ex:d ."
    assert not _links(text, "distribution")


def test_members_of_a_series_are_in_it() -> None:
    text = "ex:s a dcat:DatasetSeries , ldp:Container ; ldp:contains ex:d . ex:d a dcat:Dataset ."
    assert _links(text, "inSeries") == {("<http://example.org/d>", "<http://example.org/s>")}
    assert (
        "<http://example.org/s> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <" + DCAT + "DatasetSeries>"
        in _mended(text)
    )


def test_the_pages_of_a_catalogue_are_left_out_and_the_catalogue_is_kept() -> None:
    text = """ex:c a dcat:Catalog , hydra:Collection ; hydra:totalItems 2 ; hydra:view ex:p1 ; dcat:dataset ex:d .
        ex:p1 a hydra:PartialCollectionView ; hydra:next ex:p2 . ex:d a dcat:Dataset .
        [] a hydra:PagedCollection ; hydra:nextPage "http://example.org/p3" ."""
    assert not any("hydra" in it for it in _mended(text))
    assert len(_mended(text)) == 3
    left_out = [it for it in mend(turtle(text), NAMESPACE).mends if it.rule == "scaffolding"]
    assert len(left_out) == 7
    assert all(it.before and not it.after for it in left_out)


def test_the_description_of_a_data_point_is_kept() -> None:
    text = 'ex:fdp a ldp:Container ; dct:title "Our data point" ; ldp:contains ex:c . ex:c a dcat:Catalog .'
    assert '<http://example.org/fdp> <http://purl.org/dc/terms/title> "Our data point"' in _mended(text)


def test_the_metadata_of_metadata_goes_with_its_identifier() -> None:
    text = """@prefix fdp: <https://w3id.org/fdp/fdp-o#> .
        ex:d a dcat:Dataset ; fdp:metadataIdentifier ex:i ; fdp:metadataIssued "2024-01-01T00:00:00Z"^^xsd:dateTime .
        ex:i a <http://purl.org/spar/datacite/Identifier> ; dct:identifier "http://example.org/d" ."""
    assert _mended(text) == _mended("ex:d a dcat:Dataset .")


def test_classes_outside_dcat_are_never_lost() -> None:
    text = """@prefix ejp: <https://w3id.org/ejp-rd/vocabulary#> .
        ex:b a ejp:Biobank , dcat:Resource ; dct:title "B" . ex:r a ejp:PatientRegistry .
        [] a ejp:Guideline ; dct:title "G" ."""
    mended = _mended(text)
    assert sum("ejp-rd/vocabulary#" in it for it in mended) == 3
    assert len(mended) == 6
