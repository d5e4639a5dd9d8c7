"""Art. 3.3; security.md S10: where a signature stands on the pages, and what came to the pages after it."""

import io

import pytest
import signing_attacks as attacks
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from signing_world import SEAL, elsewhere, make_letter, sign, written

NAME = generic.pdf_name
A4 = [595.3, 841.9]


def places(signer, pdf):
    return [(one["place"], one["changed"]) for one in signer.verify(pdf)]


def test_art_9_1_each_signature_stands_where_its_picture_is(signer, issued):
    (leader, _), (agency, changed) = places(signer, issued)
    assert changed == [] and leader["page"] == agency["page"] == 1
    for place in (leader, agency):
        [[left, top, right, bottom]], (width, height) = place["boxes"], place["size"]
        assert 0 <= left < right <= width and height / 3 < top < bottom <= height  # below the head, as NĐ 30 orders
    assert agency["boxes"][0][0] < leader["boxes"][0][2]  # the seal over the left of the leader's picture


def test_a_signature_without_a_picture_has_no_place(signer, letter, pki_folder):
    [(place, changed)] = places(signer, elsewhere(pki_folder, letter, SEAL))
    assert place is None and changed == []


@pytest.mark.parametrize(("turn", "size"), [(0, (595, 842)), (90, (842, 595)), (180, (595, 842)), (270, (842, 595))])
def test_places_are_those_that_one_sees_on_a_turned_page(signer, turn, size):
    writer = IncrementalPdfFileWriter(io.BytesIO(make_letter([[(90, 700, "Báo cáo")]])))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page[NAME("/Rotate")] = generic.NumberObject(turn)
    writer.update_container(page)
    writer.write(out := io.BytesIO())
    signed = sign(signer, out.getvalue(), SEAL, "copy")
    [(place, _)] = places(signer, signed)
    [[left, top, right, bottom]] = place["boxes"]
    assert [round(one) for one in place["size"]] == list(size)
    assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    if turn == 0:
        assert left > size[0] / 2 and bottom < size[1] / 3  # NĐ 30: top right


def test_s10_a_note_after_the_signature_is_shown_where_it_lies(signer, issued):
    attacked = attacks.evil_annotation(issued)
    found = places(signer, attacked)[-1][1]
    assert [(one["page"], one["boxes"]) for one in found] == [(1, [[90.0, 82.0, 500.0, 242.0]])]


@pytest.mark.parametrize("attack", [attacks.other_content, attacks.turned_page])
def test_s10_a_page_that_was_changed_is_shown_as_a_whole(signer, issued, attack):
    [found] = places(signer, attack(issued))[-1][1]
    width, height = found["size"]
    assert found["page"] == 1 and found["boxes"] == [[0.0, 0.0, width, height]]


def test_s10_a_page_that_came_after_is_shown(signer, issued):
    assert [one["page"] for one in places(signer, attacks.page_added(issued))[-1][1]] == [3]


def test_a_file_too_crooked_to_walk_through_is_judged_and_has_no_places(signer, issued):
    writer = IncrementalPdfFileWriter(io.BytesIO(issued))
    pages = writer.root["/Pages"]
    pages["/Kids"].append(writer.root.raw_get("/Pages"))  # the tree leads into itself
    writer.update_container(pages["/Kids"])
    [*_, last] = signer.verify(written(writer))
    assert "changed_after" in last["problems"] and last["place"] is not None
    broken = IncrementalPdfFileWriter(io.BytesIO(issued))
    broken.root["/Pages"]["/Kids"][0].get_object()[NAME("/Annots")] = generic.NumberObject(7)
    broken.update_container(broken.root["/Pages"]["/Kids"][0].get_object())
    assert "changed_after" in signer.verify(written(broken))[-1]["problems"]


def test_nd_30_pl_i_a_copy_says_its_form_and_its_agency_in_the_words_of_its_signature(signer, letter, issued):
    signed = sign(signer, letter, SEAL, "copy", {"form": "TRÍCH SAO", "agency": "Sở Thử nghiệm"})
    [report] = signer.verify(signed)
    assert report["words"][:2] == ["TRÍCH SAO", "Sở Thử nghiệm"] and report["words"][2].endswith("+07:00")
    assert [one["words"] for one in signer.verify(issued)] == [[], []]  # pictures say nothing


def test_words_of_a_signature_that_lead_into_themselves_are_none(signer, letter):
    signed = sign(signer, letter, SEAL, "copy", {"form": "TRÍCH SAO", "agency": "Sở Thử nghiệm"})
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    [note] = writer.root["/Pages"]["/Kids"][0]["/Annots"]
    looks = note.get_object()["/AP"].raw_get("/N")
    again = generic.DictionaryObject({NAME("/Again"): looks})
    looks.get_object()["/Resources"] = generic.DictionaryObject({NAME("/XObject"): again})
    writer.update_container(looks.get_object())
    [report] = signer.verify(written(writer))
    assert "changed_after" in report["problems"] and report["words"] == []
