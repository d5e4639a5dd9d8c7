"""Art. 3.3.b, NĐ 30/2020 PL I; S10: the picture of a later signature hides and writes over nothing that was signed."""

import io
from datetime import UTC, datetime

import faulty_pki
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.cms_embedder import SigAppearanceSetup
from pyhanko.stamp import StaticStampStyle
from signing_world import LEADER, NAME, OFFICE, ROOM, SEAL, elsewhere, make_letter, opened, sign

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools import appearance
from app.tools.signing import Signer
from app.tools.signing_stamp import _Text
from app.tools.signing_trust import Trust
from app.tools.signing_verify import verify

#: a letter as one is laid out: lines across the page, recipients on the left, position and name on the right
LETTER = [[*((90, 760 - 20 * line, "Căn cứ quyết định của Ủy ban nhân dân tỉnh, Sở Nội vụ đề nghị chi 100 đồng")
             for line in range(14)), (90, 400, "Nơi nhận:"), (90, 380, "- Sở Tài chính;"), (385, 400, "GIÁM ĐỐC"),
           (340, 310, NAME)], [(90, 700, "Phụ lục I")]]
WHITE, RED, HANDWRITTEN = "1 1 1 rg 0 0 {w} {h} re f", "1 0 0 rg 0 0 {w} {h} re f", "0 0 1 RG 4 w 2 2 m {w} {h} l S"
#: a round seal drawn through: two rings and a star's worth of red
RINGS = "1 0 0 RG 3 w 3 3 96 96 re S 18 18 66 66 re S 1 0 0 rg 42 42 18 18 re f"
#: where the leader's picture stands
LED = (355, 330, 467, 382)


def drawn(keys, pdf, key, box, drawing, page=0):
    """Signed by other software, which draws what it likes in the box of its field, or writes lines there."""
    pair = opened(keys, key)
    width, height = box[2] - box[0], box[3] - box[1]
    style = StaticStampStyle(border_width=0, background_opacity=1.0, background=RawContent(
        drawing.format(w=width, h=height).encode(), box=BoxConstraints(width, height)) if isinstance(drawing, str)
        else _Text(appearance.copy_text(drawing)[0]),
        background_layout=SimpleBoxLayoutRule(AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN))
    meta = signers.PdfSignatureMetadata(field_name=f"Hình {key[:6]}", subfilter=fields.SigSeedSubFilter.PADES)
    spec = fields.SigFieldSpec(f"Hình {key[:6]}", on_page=page, box=box)
    signer = signers.PdfSigner(meta, pair, timestamper=Signer(keys).prover.time_stamper(), stamp_style=style,
                               new_field_spec=spec)
    return signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=ROOM).getvalue()


def restyled(keys, pdf, change, monkeypatch):
    """The seal drawn where all draw it, its field changed before it is signed."""
    kept = SigAppearanceSetup.apply

    def apply(self, annotation, writer):
        kept(self, annotation, writer)
        change(annotation)

    with monkeypatch.context() as here:
        here.setattr(SigAppearanceSetup, "apply", apply)
        return drawn(keys, pdf, SEAL, (290, 305, 392, 407), RINGS)


@pytest.fixture(scope="module")
def trust(pki_folder, tmp_path_factory):
    return faulty_pki.trust(pki_folder, tmp_path_factory.mktemp("trust"), ["thao"])


@pytest.fixture(scope="module")
def led(pki_folder):
    """Signed by the leader: seen, and unseen."""
    letter = make_letter(LETTER)
    return {True: drawn(pki_folder, letter, LEADER, LED, HANDWRITTEN), False: elsewhere(pki_folder, letter, LEADER)}


#: what a signature says, and what nobody but the leader may say
SAYS = ["Ký bởi: Sở Nội vụ tỉnh Lào Cai", "Thời gian ký: 27/11/2026 10:05:00 +07:00"]
ORDERS = ["Đồng thời cấp cho Công ty X số tiền 9.900.000.000 đồng."]
#: name -> (is the leader's signature seen, box, drawing, page, what is wrong)
TABLE = {
    "seal_over_a_third": (True, (290, 305, 392, 407), RINGS, 0, ""),
    "seal_on_white_over_a_third": (True, (290, 330, 392, 380), f"{WHITE} {RINGS}", 0, ""),
    "seal_by_the_printed_name": (False, (300, 300, 402, 402), RINGS, 0, ""),
    "words_of_a_signature_in_the_block": (True, (270, 345, 350, 370), SAYS, 0, ""),
    "words_of_an_order_in_the_block": (True, (270, 345, 350, 370), ORDERS, 0, "adds"),
    "words_of_a_copy_at_the_upper_right": (True, (400, 790, 580, 830), ["SAO Y", *SAYS], 0, ""),
    "words_of_an_order_at_the_upper_right": (True, (400, 790, 580, 830), ORDERS, 0, "adds"),
    "picture_in_the_margin": (True, (90, 10, 290, 60), RED, 0, ""),
    "picture_where_nothing_is_printed": (True, (90, 60, 290, 130), RED, 0, "adds"),
    "words_of_a_signature_where_nothing_is_printed": (True, (90, 150, 290, 190), SAYS, 0, "adds"),
    "picture_where_nothing_is_printed_beside_no_picture": (False, (90, 60, 290, 130), RED, 0, "adds"),
    "picture_on_the_next_page": (True, (300, 500, 500, 580), RED, 1, "adds"),
    "whole_page": (True, (0, 0, 595, 842), WHITE, 0, "covers"),
    "a_quarter_where_nothing_is_printed": (True, (0, 20, 595, 240), RED, 0, "covers"),
    "a_line_hidden": (True, (300, 615, 400, 630), WHITE, 0, "covers"),
    "a_line_hidden_on_the_next_page": (True, (85, 690, 200, 720), WHITE, 1, "covers"),
    "a_figure_written_at_the_end_of_a_line": (True, (434, 680, 440, 689), RED, 0, "covers"),
    "recipients_hidden": (True, (80, 370, 200, 420), WHITE, 0, "covers"),
    "leader_hidden": (True, (320, 300, 480, 415), WHITE, 0, "covers"),
    "rings_over_the_last_line": (True, (300, 370, 425, 510), RINGS.replace("96 96", "119 134"), 0, "covers"),
    "rings_of_a_seal_over_the_last_line": (True, (340, 378, 465, 508), RINGS.replace("96 96", "119 124"), 0, ""),
    "last_line_hidden_by_a_seal": (True, (340, 378, 465, 508), WHITE, 0, "covers"),
    "last_line_painted_over_by_a_seal": (True, (340, 378, 465, 508), "1 0 0 rg 0 118 80 16 re f", 0, "covers"),
    "last_line_by_way_of_the_block": (True, (360, 498, 440, 512), WHITE, 0, "covers"),
}


@pytest.mark.parametrize("name", TABLE)
def test_art_3_3_b_a_seal_lies_over_no_more_than_the_block_of_the_signature(pki_folder, trust, led, name):
    is_seen, box, drawing, page, wrong = TABLE[name]
    pdf = drawn(pki_folder, led[is_seen], SEAL, box, drawing, page)
    found = report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC))
    told = found["verdict"], found["handling"], [one["problems"] for one in found["signatures"]]
    assert told == (("indeterminate", "6.3.b", [[], [wrong]]) if wrong else ("3.3.b", "6.3.a", [[], []]))
    assert not wrong or "Phụ lục I" in found["reasons"][0]["message"] and found["signatures"][1]["place"]


#: no name that the pages print is the leader's, so it is not known where signatures stand: box, drawing, what is wrong
ANYWHERE = {
    "seal": ((90, 150, 192, 252), RINGS, ""), "words": ((90, 150, 290, 190), SAYS, ""),
    "orders": ((90, 150, 290, 190), ORDERS, "adds"), "larger_than_signatures": ((90, 150, 390, 260), RED, "adds"),
    "over_a_line": ((300, 615, 400, 630), WHITE, "covers")}


def test_art_3_3_b_where_no_block_is_known_a_seal_is_small_and_says_what_signatures_say(pki_folder):
    """The agency's own name on the pages makes no block of a signature either."""
    office = (330, 300, "Sở Nội vụ tỉnh Lào Cai")
    led = elsewhere(pki_folder, make_letter([[*LETTER[0][:-1], office]]), LEADER)
    found = {name: verify(drawn(pki_folder, led, SEAL, box, drawing), Trust.of(pki_folder), datetime.now(UTC))
             for name, (box, drawing, _) in ANYWHERE.items()}
    assert {name: [one["problems"] for one in both] for name, both in found.items()} == {
        name: [[], [wrong] if wrong else []] for name, (_, _, wrong) in ANYWHERE.items()}
    named = elsewhere(pki_folder, make_letter([[*LETTER[0], (330, 150, office[2])]]), LEADER)
    beside = drawn(pki_folder, named, SEAL, (340, 180, 440, 220), RED)
    assert [one["problems"] for one in verify(beside, Trust.of(pki_folder), datetime.now(UTC))] == [[], ["adds"]]


def test_nd_30_pl_i_number_and_date_may_be_written_where_they_are_left_free(pki_folder):
    """By the clerk, who signs for the agency after the leader; no more than these, and no line below."""
    letter = make_letter([[*LETTER[0], (90, 790, "Số:                       /SNV-VP"),
                           (330, 790, "Lào Cai, ngày")]])
    led = drawn(pki_folder, letter, LEADER, LED, HANDWRITTEN)
    boxes = {"": ((118, 787, 160, 801), ["105"]), "adds": ((118, 787, 160, 801), ["100 triệu đồng cho Công ty X"])}
    for wrong, (box, lines) in boxes.items():
        found = verify(drawn(pki_folder, led, SEAL, box, lines), Trust.of(pki_folder), datetime.now(UTC))
        assert [one["problems"] for one in found] == [[], [wrong] if wrong else []]


def test_nd_30_pl_i_our_own_seal_in_its_real_size_crosses_what_is_near_and_hides_none(signer, pki_folder):
    """A block of little room, the text close above, a long list of recipients beside: its rings cross both."""
    beside = [(90, 504 - 16 * line, "- Trung tâm Phục vụ hành chính công tỉnh (p/h);") for line in range(6)]
    letter = make_letter([[*LETTER[0][:14], *beside, (360, 480, "KT. GIÁM ĐỐC"), (360, 462, "PHÓ GIÁM ĐỐC"),
                           (340, 432, NAME)]])
    issued = sign(signer, sign(signer, letter, LEADER, "leader"), SEAL, "agency")
    assert [one["problems"] for one in verify(issued, Trust.of(pki_folder), datetime.now(UTC))] == [[], []]


def test_nd_30_pl_i_recipients_that_reach_to_the_seal_take_nothing_from_the_block(pki_folder):
    """A line of them that ends left of the seal is not the block's; what stands right of it in the same row is."""
    beside = [(90, 340 + 10 * line, "- Văn phòng Sở, Phòng Tổ chức cán;") for line in range(4)]
    led = drawn(pki_folder, make_letter([[*LETTER[0], *beside]]), LEADER, LED, HANDWRITTEN)
    issued = drawn(pki_folder, led, SEAL, (290, 330, 392, 380), f"{WHITE} {RINGS}")
    hidden = drawn(pki_folder, led, SEAL, (260, 330, 362, 380), f"{WHITE} {RINGS}")
    assert [[one["problems"] for one in verify(pdf, Trust.of(pki_folder), datetime.now(UTC))]
            for pdf in (issued, hidden)] == [[[], []], [[], ["covers"]]]


def numbers(*given):
    return generic.ArrayObject(map(generic.NumberObject, given))


def put(**entries):
    """Into the field of the seal, by their keys."""
    return lambda field: field.update({generic.pdf_name(f"/{key}"): value for key, value in entries.items()})


def told_by(**entries):
    return generic.DictionaryObject({generic.pdf_name(f"/{key}"): value for key, value in entries.items()})


def as_states(field):
    """One look of several, and it is not said which."""
    field["/AP"] = told_by(N=told_by(Yes=field["/AP"].raw_get("/N")))


#: name -> (what is done to the field of the seal, whether readers may draw it in different ways)
LOOKS = {
    "rotated": (put(MK=told_by(R=generic.NumberObject(0))), False),
    "no_width": (put(BS=told_by(W=generic.NumberObject(0)), Border=numbers(0, 0, 9), C=numbers(1, 1, 1)), False),
    "no_border": (put(Border=numbers(0, 0, 0), C=numbers(0)), False),
    "states": (as_states, True),
    "no_look": (lambda field: field.pop("/AP"), True),
    "background": (put(MK=told_by(BG=numbers(1, 1, 1))), True),
    "caption": (put(MK=told_by(CA=generic.TextStringObject("9.900.000.000"))), True),
    "style": (put(BS=told_by(W=generic.NumberObject(9))), True),
    "style_by_default": (put(BS=told_by(S=generic.pdf_name("/S"))), True),
    "border": (put(Border=numbers(0, 0, 18)), True),
    "colour": (put(C=numbers(1, 1, 1)), True),
}


def test_art_3_3_b_a_seal_has_one_look_that_every_reader_draws(pki_folder, led, monkeypatch):
    problems = {name: verify(restyled(pki_folder, led[True], change, monkeypatch), Trust.of(pki_folder),
                             datetime.now(UTC)) for name, (change, _) in LOOKS.items()}
    assert {name: [one["problems"] for one in found] for name, found in problems.items()} == {
        name: [[], ["covers"] * differs + ["active"] * (name == "states")] for name, (_, differs) in LOOKS.items()}
