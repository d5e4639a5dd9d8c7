"""Pictures of signatures and of the seal that people hand in (NĐ 30/2020 PL I.II.7, 8; Đ32)."""

import io

import pikepdf
import pytest
from browser import Site, log_in, looked, needs_axe
from doors import Browser
from PIL import Image, ImageDraw
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from steps import Office, quick

from app.records import attachment, signature_picture
from app.tools import appearance_demo
from app.tools.signature_picture import LEAST_PIXELS, PictureWrong, cleaned


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def hand(size=(400, 160), ink=(20, 40, 190), ground=(0, 0, 0, 0)):
    """A signature drawn with a broad pen in a wide margin."""
    image = Image.new("RGBA", size, ground)
    draw = ImageDraw.Draw(image)
    draw.line([(40, size[1] - 40), (size[0] / 3, 30), (size[0] / 2, size[1] - 40), (size[0] - 40, 30)], (*ink, 255), 9)
    return png(image)


def ring(size=(300, 300), ink=(205, 20, 30)):
    """A round seal in a wide margin."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 20, size[0] - 20, size[1] - 20), outline=(*ink, 255), width=16)
    return png(image)


def png(image):
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def jpeg():
    target = io.BytesIO()
    Image.new("RGB", (400, 160), "white").save(target, "JPEG")
    return target.getvalue()


def animated():
    target = io.BytesIO()
    one, two = (Image.open(io.BytesIO(hand(ink=ink))) for ink in ((0, 0, 200), (0, 0, 90)))
    one.save(target, "PNG", save_all=True, append_images=[two])
    return target.getvalue()


@pytest.mark.parametrize(("kind", "data", "why"), [
    ("leader", b"", "file"), ("leader", jpeg(), "file"), ("leader", hand()[:200], "file"),
    ("leader", animated(), "file"), ("leader", b"x" * 1100000, "large"),
    ("leader", hand((3001, 200)), "large"), ("leader", hand((90, 90)), "small"),
    ("leader", hand(ground=(255, 255, 255, 255)), "ground"), ("leader", png(Image.new("RGBA", (400, 160))), "ground"),
    ("leader", hand(ink=(10, 10, 10)), "colour"), ("leader", hand(ink=(200, 20, 20)), "colour"),
    ("agency", ring(ink=(20, 20, 200)), "colour"), ("agency", ring((400, 240)), "round"),
    ("agency", ring((110, 110)), "small")])
def test_nd_30_pl_i_what_is_no_picture_of_a_signature_or_seal_is_refused(kind, data, why):
    with pytest.raises(PictureWrong) as refused:
        cleaned(data, kind)
    assert refused.value.facts["why"] == why


def test_nd_30_pl_i_a_picture_is_kept_without_its_margin_and_what_else_it_brought():
    from PIL.PngImagePlugin import PngInfo

    told, target = PngInfo(), io.BytesIO()
    told.add_text("Comment", "giấu trong tệp")
    Image.open(io.BytesIO(ring())).save(target, "PNG", pnginfo=told)
    kept = Image.open(io.BytesIO(cleaned(target.getvalue() + b"%PDF-1.7", "agency")))
    assert kept.size == (261, 261) and kept.text == {}
    assert min(Image.open(io.BytesIO(cleaned(hand(), "leader"))).size) > LEAST_PIXELS / 2


def test_nd_30_pl_i_drawn_pictures_are_what_may_be_handed_in():
    assert cleaned(png(appearance_demo.handwriting("Nguyễn Văn An")), "leader")
    assert cleaned(png(appearance_demo.seal("Sở Tài chính")), "agency")


def given(office, who, kind, data):
    """The hash of what the person has handed in, ready to be looked at."""
    answer = Browser(office.app, "stc", who).post(
        "/hinh-chu-ky/xem", loai=kind, file=(io.BytesIO(data), "hinh.png"))
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("xem=")[2]


def used(office, who, kind, data):
    seen = given(office, who, kind, data)
    page = Browser(office.app, "stc", who)
    assert page.post("/hinh-chu-ky", loai=kind, xem=seen, reason="Hình mới theo mẫu").status_code == 303
    return seen


def pictures(pdf):
    """Sizes of the pictures that the signatures of a PDF show."""
    found = []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for one in document.objects:
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image" and "/SMask" in one:
                found.append((int(one.Width), int(one.Height)))
    return sorted(found)


def signed(office):
    """The pictures on a document that is signed by the leader and by the agency now."""
    found = office.begin()
    office.approved(found)
    office.sign(found)
    office.seal(found)
    with office.inside():
        file = attachment.latest(found, "signed")
        return found, pictures(office.app.extensions["tools"].blobs.read(file.sha256))


def test_nd_30_pl_i_signatures_show_the_pictures_handed_in_and_else_the_drawn_ones(stc):
    _, drawn = signed(stc)
    assert drawn == [(600, 600), (672, 312)]
    used(stc, "lanhdao", "leader", hand())
    used(stc, "vanthu", "agency", ring())
    found, own = signed(stc)
    kept = [Image.open(io.BytesIO(cleaned(*one))).size for one in ((hand(), "leader"), (ring(), "agency"))]
    assert own == sorted(kept)
    with stc.inside():
        data = stc.app.extensions["tools"].blobs.read(attachment.latest(found, "signed").sha256)
        assert [one["problems"] for one in stc.app.extensions["tools"].signer.verify(data)] == [[], []]
    leader = Browser(stc.app, "stc", "lanhdao")
    assert [leader.post("/hinh-chu-ky", loai="leader", what="take", reason="Hình cũ").status_code for _ in "12"] == [
        303, 303]
    assert signed(stc)[1] == sorted([kept[1], (672, 312)])
    assert stc.faults() == []
    with stc.inside():
        assert [told.get("added") or told.get("removed") for _, told in signature_picture.changes(stc.agency_id)] == [
            "leader", "agency", "leader"]
    [(check, _)] = stc.faults("update signature_picture set sha256 = repeat('a', 64)")[:1]
    assert check in ("file", "record")


def test_nd_30_d32_a_leader_keeps_his_own_picture_and_the_clerk_or_administrator_the_seal(stc):
    mine = given(stc, "lanhdao", "leader", hand())
    for who, kind, status in (("chuyenvien", "leader", 403), ("chuyenvien", "agency", 403), ("vanthu", "leader", 403),
                              ("lanhdao", "agency", 403), ("quantri", "leader", 403), ("vanthu", "", 403)):
        page = Browser(stc.app, "stc", who)
        assert page.post("/hinh-chu-ky", loai=kind, xem=mine, reason="Hình mới").status_code == status, (who, kind)
        assert page.get("/hinh-chu-ky/mau.png", query_string={"loai": kind}).status_code == status, (who, kind)
    deputy = Browser(stc.app, "stc", "pholanhdao")
    assert deputy.post("/hinh-chu-ky", loai="leader", xem=mine, reason="Hình mới").status_code == 422  # not his upload
    assert deputy.get("/hinh-chu-ky/mau.png", query_string={"loai": "leader", "xem": mine}).status_code == 422
    leader = Browser(stc.app, "stc", "lanhdao")
    refused = leader.post("/hinh-chu-ky", loai="leader", xem=mine, reason="x")
    assert refused.status_code == 422 and "Ghi lý do" in refused.text and 'id="wrong-leader-put"' in refused.text
    refused = leader.post("/hinh-chu-ky/xem", loai="leader", file=(io.BytesIO(jpeg()), "hinh.png"))
    assert refused.status_code == 422 and "Chọn tệp PNG" in refused.text and 'id="wrong-leader-file"' in refused.text
    shown = leader.get("/hinh-chu-ky/mau.png", query_string={"loai": "leader", "xem": mine})
    assert shown.status_code == 200 and shown.mimetype == "image/png"
    used(stc, "quantri", "agency", ring())
    again = used(stc, "vanthu", "agency", ring())  # the same: nothing changes
    with stc.inside():
        seal = signature_picture.of(None)
        assert (seal.sha256, seal.created_by.username) == (again, "quantri")
        assert len(signature_picture.changes(stc.agency_id)) == 1
    assert stc.faults() == []


@pytest.mark.browser
@needs_axe
def test_nd_30_pl_i_a_leader_hands_in_his_picture_and_looks_at_it_before_it_is_used(
        pages: Site, chromium: Chromium, tmp_path):
    leader, clerk = log_in(chromium, pages, "stc", "lanhdao"), log_in(chromium, pages, "stc", "vanthu")
    leader.go("/")
    leader.page.get_by_role("link", name="Hình chữ ký, con dấu").click()
    looked(leader, "pictures-none")
    seal = png(appearance_demo.seal("Sở Tài chính"))
    for person, name, data in ((leader, "leader", hand()), (clerk, "agency", seal)):
        file = tmp_path / f"{name}.png"
        file.write_bytes(data)
        person.go("/hinh-chu-ky")
        person.page.get_by_label("Tệp PNG nền trong suốt").set_input_files(file)
        person.page.get_by_role("button", name="Xem trước").click()
        expect(person.page.get_by_text("Đây là hình mới")).to_be_visible()
        looked(person, f"pictures-{name}")
        person.page.get_by_label("Lý do").fill("Hình chữ ký đăng ký mẫu")
        person.page.get_by_role("button", name="Dùng hình này").click()
        expect(person.page.get_by_text("Đã ghi. Các chữ ký từ nay")).to_be_visible()
        looked(person, f"pictures-{name}-used")
