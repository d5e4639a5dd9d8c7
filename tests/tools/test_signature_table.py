"""Art. 3.3, S10: every fault that is named, our verdict beside poppler's pdfsig, signature by signature."""

import re
import subprocess

import faulty_pki
import pytest
from page_tricks import TRICKS, drawn
from signing_attacks import ON_THE_FILE, appended, certificate_swapped, grafted, last_revision_removed
from signing_world import FOREIGN_SEAL, LEADER, OTHER, SEAL, elsewhere, make_letter
from test_signature_report import both, codes, keys, told, trust  # noqa: F401 - pytest finds fixtures by name

#: what pdfsig does not ask: it judges the bytes that each signature covers
LATER = "it says which bytes are signed, and asks of what comes later nothing"
WHO = "it is not asked whose certificate it is, by whom, for what, until when, and in which order they sign"
DRAWN = "it is not asked what the pages show, and by whom"
#: ways to draw another sum for some readers alone (test_page_alike.py has them all)
OTHERWISE = ("state given back too often", "number that is none", "form without extent", "rival names",
             "mask of no colours", "page under another parent")
#: attack or fault -> (verdict, pdfsig finds all signatures whole and the file signed to its end, why it does)
TABLE = {
    None: ("3.3.b", True, None),
    **{name: ("invalid", False, None) for name in ON_THE_FILE},
    **{name: (("incomplete", "invalid"), False, None) for name in ON_THE_FILE if name.startswith("universal_forgery")},
    "replaced_before_signing": ("invalid", False, None), "graft": ("invalid", False, None),
    "certificate_swapped": ("invalid", False, None), "revision_removed": ("incomplete", True, WHO),
    "order": ("invalid", True, WHO), "other_agency": ("invalid", True, WHO), "officer": ("incomplete", True, WHO),
    "no_time": ("indeterminate", True, WHO), "unreachable": ("indeterminate", True, WHO),
    "weak_hash": ("invalid", True, WHO),
    **{name: ("indeterminate", True, DRAWN) for name in OTHERWISE},
    **{name: ("invalid", True, WHO) for name in (
        "weak", "server", "stamper", "encipher", "authority", "orphan", "lookalike", "stranger", "het", "mat")}}


#: where pdfsig tells other signatures than we do: why
UNLIKE = {
    "certificate_swapped": "it names whose certificate was put in, who did not sign (RFC 5035); we name nobody",
    **{name: "it lists a signature that it cannot read, of nobody; we tell that the file cannot be read" for name in (
        "wrapped", *(f"universal_forgery_{what}" for what in (
            "range_missing", "range_null", "range_empty", "contents_missing", "contents_null", "contents_zero",
            "contents_empty")))},
    "universal_forgery_range_negative": "it reads no such range, nor who signed; both find it not whole",
    **{name: "it counts a place that nobody signed as a signature" for name in (
        "empty_place", "painted_place", "place_with_script")}}


def by_one(said):
    """What pdfsig says of each signature: whose it is, whether it is whole, and covers the file to its end."""
    return sorted(((re.search(r"Common Name: (.*)", one) or [one, ""])[1], "Signature is Valid" in one,
                   "- Total document signed" in one) for one in said.split("Signature #")[1:])


@pytest.fixture(scope="module")
def rows(keys, trust, letter, both, tmp_path_factory):  # noqa: F811
    """Name -> (file, whom one trusts)."""
    def by(*who, pdf=letter, **options):
        for one in who:
            pdf = elsewhere(keys, pdf, one, **options)
        return pdf

    first = int(re.search(rb"(\d+) 0 obj\s*<<[^>]*/Length", letter)[1])
    shown = elsewhere(keys, elsewhere(keys, appended(
        letter, {first: b"<</Length 0>>\nstream\n\nendstream"}), LEADER), SEAL)
    other = elsewhere(keys, elsewhere(keys, make_letter([[(90, 700, "Khác")]]), LEADER), SEAL)
    files = {
        None: both, **{name: attack(both) for name, attack in ON_THE_FILE.items()},
        "replaced_before_signing": appended(shown, {first: letter.index(b"%d 0 obj" % first)}),
        "graft": grafted(both, other), "revision_removed": last_revision_removed(both),
        "certificate_swapped": certificate_swapped(both, faulty_pki.der(keys, f"agency-{OTHER}")),
        "order": by(SEAL, LEADER), "other_agency": by(LEADER, FOREIGN_SEAL), "officer": by("person:chuyen", SEAL),
        "no_time": by(LEADER, SEAL, stamped=False), "unreachable": both, "weak_hash": by(LEADER, SEAL, digest="sha1"),
        **{name: by(LEADER, SEAL, pdf=drawn(TRICKS[name][0])) for name in OTHERWISE},
        **{name: by(f"person:{name}", SEAL) for name in (
            "weak", "server", "stamper", "encipher", "authority", "orphan", "lookalike", "stranger", "het", "mat")}}
    bare = faulty_pki.trust(keys, tmp_path_factory.mktemp("bare"), ["thao"], without=["crl"])
    return {name: (pdf, bare if name == "unreachable" else trust) for name, pdf in files.items()}


@pytest.mark.parametrize("name", TABLE)
def test_every_fault_has_its_verdict_and_pdfsig_agrees_where_it_is_right(rows, tmp_path, name):
    (pdf, believed), (wanted, is_well, why) = rows[name], TABLE[name]
    found = told(pdf, believed)
    assert found["verdict"] in (wanted if isinstance(wanted, tuple) else (wanted,)), codes(found)
    assert found["handling"] == ("6.3.a" if name is None else "6.3.b")
    (tmp_path / "a.pdf").write_bytes(pdf)
    said = subprocess.run(["pdfsig", "-nocert", str(tmp_path / "a.pdf")], capture_output=True, text=True,
                          check=False).stdout
    signatures = said.count("Signature #")
    seems_well = signatures == said.count("Signature is Valid") > 0 and said.count("- Total document signed") == 1
    assert seems_well is is_well, said
    assert (seems_well != (name is None)) == bool(why)  # each disagreement is explained
    theirs, ours = by_one(said), sorted((one["signer"], one["intact"], one["covers_whole_file"])
                                        for one in found["signatures"])
    assert (theirs != ours) == (name in UNLIKE), (theirs, ours)
    assert {one for one in ours if one[1]} <= set(theirs)  # and none of ours is better


def test_what_pdfsig_says_of_what_comes_later(rows, tmp_path):
    """It still calls each signature valid: the second line of its answer is the one to read."""
    for name in LATER_ONLY:
        (tmp_path / "a.pdf").write_bytes(rows[name][0])
        said = subprocess.run(["pdfsig", "-nocert", str(tmp_path / "a.pdf")], capture_output=True, text=True,
                              check=False).stdout
        assert said.count("Signature is Valid") == 2 and "- Total document signed" not in said, (name, LATER)


#: attacks that leave the signed bytes as they are
LATER_ONLY = ("note", "form_field", "evil_annotation", "turned_page", "other_content", "page_added", "script_added",
              "picture_of_the_seal_changed", "content_taken_out", "content_swapped", "incremental_saving")
