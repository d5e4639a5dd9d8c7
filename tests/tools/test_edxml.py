"""edXML packets: the samples of the standard, every row of its validation list, hostile ones."""

import hashlib
import json
import random
import unicodedata

import pytest
from edxml_world import DATA, PDF_SHA256, build, files, read, refusal, sample, warnings, without
from lxml import etree

from app.tools import edxml
from app.tools.edxml_packet import MAX_BYTES, SENTENCES


def test_sample_is_read_whole():
    packet = read(sample(), own_codes=["000.00.12.H38", "H38.12"])
    assert packet.warnings == ()
    assert (packet.kind, packet.from_["organ_id"]) == ("document", "H38")
    assert packet.document_id == "H38,2026/03/16,125/UBND-KT"
    assert [one["organ_id"] for one in packet.to] == ["H38.12", "000.00.00.G22"]
    assert (packet.code_number, packet.code_notation, packet.promulgation_date) == ("125", "UBND-KT", "2026-03-16")
    assert (packet.priority, packet.steering_type, packet.due_date) == (1, 1, "2026-03-27")
    assert packet.signer["position"] == "PHÓ CHỦ TỊCH"
    assert packet.response_for[0]["code"] == "1500/VPCP-KTTH"
    assert packet.traces == [{"organ_id": "H38", "timestamp": "2026-03-16T02:05:12+00:00"}]
    assert packet.business["staff"]["staff"] == "Trần Thị B"
    (file,) = packet.files
    assert (file.name, file.media_type, file.sha256) == ("125-UBND-KT.pdf", "application/pdf", PDF_SHA256)
    assert hashlib.sha256(file.data).hexdigest() == PDF_SHA256


def test_header_is_json_and_builds_the_same_packet_again():
    packet = read(sample())
    header = json.loads(json.dumps(packet.header()))
    data = edxml.build_document(header, files(packet))
    again = read(data)
    assert again.header() == packet.header() and again.files == packet.files and again.warnings == ()
    assert edxml.build_document(header, files(packet)) == data


def test_written_packet_has_the_order_and_prefixes_of_the_sample():
    def shape(text):
        lines = (line.split('2016">')[0] for line in text.splitlines())
        return [line.replace("></edXML:SphereOfPromulgation>", "/>") for line in lines]

    assert shape(build().decode()) == shape(sample())


def test_status_sample_is_read_and_written():
    packet = read(sample("status"), own_codes=["H38"])
    assert packet.warnings == ()
    assert (packet.kind, packet.status_code, packet.timestamp) == ("status", "03", "2026-03-16T02:31:40+00:00")
    assert packet.response_for[0]["document_id"] == "H38,2026/03/16,125/UBND-KT"
    assert packet.staff["staff"] == "Lê Thị C"
    again = read(edxml.build_status(json.loads(json.dumps(packet.header()))))
    assert again == packet
    root = etree.fromstring(edxml.build_status(packet.header()))
    names = {etree.QName(node).localname for node in root.iter()}
    assert not names & {"To", "TraceHeaderList", "edXMLBody", "AttachmentEncoded"}


@pytest.mark.parametrize(
    "business",
    [
        {"doc_type": 1, "reason": "Thu hồi do gửi nhầm", "document_id": "H38,2026/03/16,125/UBND-KT"},
        {
            "doc_type": 2,
            "reason": "Cập nhật hạn trả lời",
            "document_id": "H38,2026/03/16,125/UBND-KT",
            "document_info": 1,
            "document_receiver": 1,
            "receivers": [{"organ_id": "H38.12", "receiver_type": 1}],
        },
        {
            "doc_type": 3,
            "reason": "Thay thế văn bản có sai sót",
            "paper": 1,
            "replacement": [{"document_id": "H38,2026/03/16,125/UBND-KT", "organ_ids": ["H38.12", "H38.13"]}],
        },
    ],
)
def test_nd30_art_18_4_recall_update_and_replace_come_back(business):
    found = read(build(business=business)).business
    assert {name: found[name] for name in business} == business


def test_recall_may_come_without_a_file():
    packet = read(sample())
    recall = {"doc_type": 1, "reason": "Gửi nhầm", "document_id": packet.document_id}
    assert warnings(edxml.build_document({**packet.header(), "business": recall}, [])) == []
    assert warnings(edxml.build_document(packet.header(), [])) == ["no_file"]


def test_elements_are_found_by_name_whatever_order_prefix_or_namespace():
    text = sample()
    subject = text[text.index("<edXML:Subject>") : text.index("</edXML:Subject>") + 16]
    moved = text.replace(subject, "").replace("<edXML:MessageHeader>", f"<edXML:MessageHeader>{subject}")
    assert read(moved).header() == read(text).header()
    assert read(text.replace("edXML:", "x:").replace("xmlns:edXML", "xmlns:x")).header() == read(text).header()
    plain = text.replace("edXML:", "").replace('xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"', "")
    assert read(plain.replace("xmlns:=", "xmlns=")).header() == read(text).header()
    old = text.replace("http://www.mic.gov.vn/TBT/QCVN_102_2016", "http://www.e-doc.vn/Schema/")
    assert warnings(old) == ["old_namespace"] and read(old).subject == read(text).subject


def test_elements_of_other_namespaces_are_not_the_standard_ones():
    foreign = '<f:Subject xmlns:f="urn:f">khác</f:Subject><ds:Signature xmlns:ds="urn:ds"/>'
    found = read(sample().replace("<edXML:MessageHeader>", f"<edXML:MessageHeader>{foreign}"))
    assert found.subject.startswith("V/v báo cáo") and found.warnings == ()


def test_comment_or_cdata_does_not_cut_a_text():
    assert read(sample().replace("<edXML:Subject>V/v ", "<edXML:Subject>V/<!-- x -->v ")).subject[:4] == "V/v "
    assert read(sample().replace("<edXML:Place>Lào", "<edXML:Place><![CDATA[Lào]]>")).place == "Lào Cai"


@pytest.mark.parametrize(
    "element,code",
    [
        ("From", "missing"),
        ("OrganId", "missing"),
        ("Code", "missing"),
        ("CodeNumber", "missing"),
        ("CodeNotation", "missing"),
        ("Subject", "missing"),
        ("MessageHeader", "not_edxml"),
        ("edXMLHeader", "not_edxml"),
    ],
)
def test_missing_required_elements_refuse(element, code):
    assert refusal(without(sample(), element)) == code


def test_missing_recipients_refuse():
    assert refusal(without(without(sample(), "To"), "To")) == "missing"
    assert refusal(sample().replace("<edXML:OrganId>H38.12</edXML:OrganId>", "<edXML:OrganId> </edXML:OrganId>")) == (
        "missing"
    )


@pytest.mark.parametrize("element", ["Subject", "Code", "From", "DocumentId", "CodeNumber"])
def test_elements_that_stand_twice_refuse(element):
    text = sample()
    start, end = text.index(f"<edXML:{element}>"), text.index(f"</edXML:{element}>") + len(element) + 9
    assert refusal(text[:end] + text[start:end] + text[end:]) == "repeated"


def test_nd30_art_21_2_b_a_packet_for_another_agency_is_refused():
    assert refusal(sample(), own_codes=["H38.13"]) == "wrong_recipient"
    assert read(sample(), own_codes=["h38.12"]).code_number == "125"
    assert refusal(sample("status"), own_codes=["H38.13"]) == "wrong_recipient"


@pytest.mark.parametrize(
    "old,new,code",
    [
        ("2026/03/27", "27/03/2026", "date_form"),
        ("2026/03/27", "2026-03-27", "date_form"),
        ("2026/03/27", "2026/02/30", "bad_date"),
        ("2026/03/27", "mai", "bad_date"),
        ("PromulgationDate>2026/03/16", "PromulgationDate>2026/03/18", "future_date"),
        ("Priority>1", "Priority>5", "out_of_range"),
        ("Priority>1", "Priority>cao", "out_of_range"),
        ("SteeringType>1", "SteeringType>3", "out_of_range"),
        ("BussinessDocType>0", "BussinessDocType>9", "out_of_range"),
        ("PageAmount>1", "PageAmount>-1", "out_of_range"),
        ("OrganId>H38.12", "OrganId>28.22.H17", "odd_code"),
        ("OrganId>H38.12", "OrganId>sở tc", "odd_code"),
        ("FullName>Nguyễn Văn A", "FullName>" + "Nguyễn " * 10, "too_long"),
        ("TypeName>Công văn", "TypeName>", "absent"),
        ("DocumentId>H38,2026/03/16,125/UBND-KT", "DocumentId>", "absent"),
        ("</edXML:SteeringType>", "</edXML:SteeringType><edXML:SteeringType>2</edXML:SteeringType>", "repeated_once"),
        ("Timestamp>2026/03/16 09:05:12", "Timestamp>sáng nay", "bad_date"),
        ("\n      <AttachmentName>125-", "\n      <AttachmentName>126-", "file_names_differ"),
    ],
)  # fmt: skip
def test_odd_values_only_warn(old, new, code):
    assert old in sample()
    packet = read(sample().replace(old, new))
    assert [found for found, _ in packet.warnings] == [code]


def test_s8_what_nobody_sees_in_a_text_is_left_out_with_a_word():
    subject = read(sample()).subject
    for unseen in ("\u202e", "\u2066", "\u200b", "\ufeff"):
        packet = read(sample().replace(f"{subject}<", f"{subject[:3]}{unseen}{subject[3:]}<"))
        assert packet.subject == subject and {code for code, _ in packet.warnings} == {"unseen"}


def test_a_recipient_that_stands_twice_warns():
    packet = read(sample())
    assert warnings(build(to=[packet.to[0], packet.to[1], packet.to[0]])) == ["duplicate_recipient"]


def test_odd_values_are_read_as_the_default():
    assert read(sample().replace("Priority>1", "Priority>9")).priority is None
    assert read(sample().replace("2026/03/27", "27/03/2026")).due_date == "2026-03-27"
    assert read(sample().replace("Subject>V/v", "Subject>" + "a" * 600)).subject.startswith("a" * 600)
    assert read(sample().replace("Priority>1", "Priority>4")).priority == 4
    assert read(sample().replace("Priority>1", "Priority>١")).priority is None


@pytest.mark.parametrize(
    "text,expected",
    [
        ("2026/03/16 09:05:12", "2026-03-16T02:05:12+00:00"),
        ("16/03/2026 09:05:12", "2026-03-16T02:05:12+00:00"),
        ("2026-03-16T09:05:12.123+07:00", "2026-03-16T02:05:12+00:00"),
        ("2026-03-16T02:05:12Z", "2026-03-16T02:05:12+00:00"),
        ("2026/03/16", "2026-03-15T17:00:00+00:00"),
        ("0001/01/01 00:00:00", ""),
        ("2026/03/16 25:00:00", ""),
        ("2026/03/16 09:05:12+99:99", ""),
    ],
)
def test_times_are_of_vietnam_unless_they_say_otherwise(text, expected):
    assert read(sample().replace("2026/03/16 09:05:12", text)).traces[0]["timestamp"] == expected


def test_decomposed_letters_are_the_same_letters():
    decomposed = unicodedata.normalize("NFD", sample().replace("UBND-KT", "UBND-ĐTệ"))
    assert read(decomposed).code_notation == "UBND-ĐTệ"
    assert edxml.same_id(unicodedata.normalize("NFD", "G22,2015/09/30,7816/TTĐTệ "), "G22,2015/09/30,7816/TTĐTệ")
    assert edxml.document_key(read(sample())) == "H38,2026/03/16,125/UBND-KT"
    assert edxml.document_key({**read(sample()).header(), "document_id": ""}) == "H38,2026/03/16,125/UBND-KT"


@pytest.mark.parametrize(
    "name,make",
    [
        ("doctype", lambda t: t.replace("<edXML ", "<!DOCTYPE edXML><edXML ", 1)),
        ("doctype", lambda t: t.replace("<edXML ", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><edXML ', 1)),
        ("not_xml", lambda t: t.replace("V/v", "&xxe;", 1)),
        ("not_utf8", lambda t: t.replace("UTF-8", "UTF-16").encode("utf-16")),
        ("not_utf8", lambda t: t.replace("UTF-8", "ISO-8859-1")),
        ("not_utf8", lambda t: t.replace("UTF-8", "UTF-7")),
        ("not_utf8", lambda t: t.encode()[:1200] + b"\xff" + t.encode()[1200:]),
        ("not_xml", lambda t: t[:2000]),
        ("not_xml", lambda t: ""),
        ("not_xml", lambda t: "%PDF-1.7 không phải XML"),
        ("not_xml", lambda t: t + t),
        ("not_xml", lambda t: t.replace("V/v", "V\x00v", 1)),
        ("not_edxml", lambda t: "<html/>"),
        ("not_edxml", lambda t: "<edXML/>"),
        ("too_complex", lambda t: "<a>" * 60 + "</a>" * 60),
        ("too_complex", lambda t: "<a>" + "<b/>" * 20_001 + "</a>"),
        ("field_too_large", lambda t: t.replace("V/v", "x" * 100_001, 1)),
        ("too_large", lambda t: b"<a>" + b" " * MAX_BYTES + b"</a>"),
        ("mixed_kind", lambda t: t.replace("<edXML:Code>", "<edXML:StatusCode>01</edXML:StatusCode><edXML:Code>")),
    ],
)  # fmt: skip
def test_hostile_xml_is_refused(name, make):
    assert refusal(make(sample())) == name


def test_xinclude_and_processing_instructions_do_nothing():
    text = sample().replace(
        "<edXML:MessageHeader>",
        '<?xml-stylesheet href="file:///etc/passwd"?><edXML:MessageHeader>'
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
    )
    assert read(text).header() == read(sample()).header()


def test_a_packet_over_64_mb_is_not_written():
    data = hashlib.shake_128(b"seed").digest(50 * 1024 * 1024)
    file = {"name": "a.pdf", "media_type": "application/pdf", "data": data}
    with pytest.raises(edxml.PacketRefused) as refused:
        edxml.build_document(read(sample()).header(), [file])
    assert refused.value.facts["code"] == "too_large"


@pytest.mark.parametrize(
    "field,value",
    [
        ("subject", "x" * 501),
        ("code_number", "1" * 12),
        ("code_notation", "x" * 31),
        ("place", "x" * 51),
        ("to_places", ["x" * 151]),
        ("from_", {"organ_id": "H" * 36}),
        ("from_", {"organ_id": "H38", "organ_name": "x" * 201}),
        ("signer", {"full_name": "x" * 51}),
        ("code_number", ""),
        ("code_notation", " "),
        ("subject", "\x00\x01"),
        ("promulgation_date", ""),
        ("promulgation_date", "16/03/2026"),
        ("type_name", None),
        ("to", []),
        ("to", [{"organ_name": "không mã"}]),
        ("priority", 5),
        ("priority", "cao"),
        ("steering_type", -1),
        ("business", {"doc_type": 1, "reason": "", "document_id": "a"}),
        ("business", {"doc_type": 1, "reason": "nhầm"}),
        ("business", {"doc_type": 3, "reason": "sai"}),
        ("traces", [{"organ_id": "H38", "timestamp": "hôm nay"}]),
    ],
)
def test_what_a_partner_would_refuse_is_not_written(field, value):
    with pytest.raises(edxml.FieldRefused) as refused:
        build(**{field: value})
    assert refused.value.facts["field"]


def test_unknown_fields_and_empty_files_are_not_written():
    with pytest.raises(ValueError, match="trich_yeu"):
        build(trich_yeu="x")
    for file in ({"name": "a.pdf", "data": b""}, {"name": "..", "data": b"x"}):
        with pytest.raises(edxml.FieldRefused):
            edxml.build_document(read(sample()).header(), [file])


def test_limits_count_letters_not_bytes_and_texts_become_one_line():
    packet = read(build(subject=unicodedata.normalize("NFD", "Ệ" * 500)))
    assert packet.subject == "Ệ" * 500 and packet.warnings == ()
    assert read(build(subject="dòng một\n\tdòng hai\x07 <b>&amp;")).subject == "dòng một dòng hai <b>&amp;"


def test_document_id_is_composed_when_absent_and_times_are_written_in_vietnam():
    text = build(document_id="", traces=[{"organ_id": "H38", "timestamp": "2026-03-16T18:00:00+00:00"}]).decode()
    assert "<edXML:DocumentId>H38,2026/03/16,125/UBND-KT</edXML:DocumentId>" in text
    assert "<edXML:Timestamp>2026/03/17 01:00:00</edXML:Timestamp>" in text


@pytest.mark.parametrize("code", ["02", "13", "16"])
def test_qd28_art_5_a_refusal_needs_its_reason(code):
    header = {**read(sample("status")).header(), "status_code": code}
    with pytest.raises(edxml.FieldRefused):
        edxml.build_status({**header, "description": " "})
    sent = edxml.build_status({**header, "description": "Sai nơi nhận"})
    assert read(sent).description == "Sai nơi nhận"
    assert [c for c, _ in read(sent.replace("Sai nơi nhận".encode(), b"")).warnings] == ["no_reason"]


def test_odd_status_packets():
    status = sample("status")
    assert read(status.replace("StatusCode>03", "StatusCode>3")).status_code == "03"
    assert warnings(status.replace("StatusCode>03", "StatusCode>07")) == ["unknown_status"]
    assert read(status.replace("StatusCode>03", "StatusCode>07")).status_code == "07"
    assert refusal(status.replace("StatusCode>03", "StatusCode>")) == "missing"
    assert refusal(without(status, "ResponseFor")) == "not_edxml"
    answered = status[status.index("<edXML:ResponseFor>") : status.index("</edXML:ResponseFor>") + 20]
    assert refusal(status.replace(answered, answered * 2)) == "repeated"
    for changes in ({"status_code": "07"}, {"status_code": "3"}, {"response_for": []}, {"timestamp": ""}):
        with pytest.raises(edxml.FieldRefused):
            edxml.build_status({**read(status).header(), **changes})


def mangled(seed):
    """The sample or a status packet with a few bytes, pieces or base64 characters changed."""
    chance = random.Random(seed)
    data = bytearray((DATA / ("status.edxml" if seed % 4 == 0 else "document.edxml")).read_bytes())
    payload = data.find(b"UEsDBBQ")
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(payload, payload + 700) if payload > 0 and seed % 2 else chance.randrange(len(data))
        end = start + chance.choice((0, 1, 1, 4, 40))
        other = chance.randrange(len(data))
        data[start:end] = chance.choice((b"", chance.randbytes(1), b"A", b"<a>", b"&#0;", data[other : other + 60]))
    return bytes(data)


@pytest.mark.parametrize("first", range(0, 1000, 250))
def test_mangled_packets_are_read_or_refused_and_never_break(first):
    outcomes = set()
    for seed in range(first, first + 250):
        try:
            outcomes.add(edxml.read(mangled(seed)).kind)
        except edxml.PacketRefused as refused:
            outcomes.add(refused.facts["code"])
    assert {"document", "not_xml", "bad_zip"} <= outcomes


def test_every_sentence_can_be_said():
    class Anything(dict):
        def __missing__(self, key):
            return "x"

    for text in SENTENCES.values():
        assert "{" not in text.format_map(Anything())
