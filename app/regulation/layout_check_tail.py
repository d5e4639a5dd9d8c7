"""The tail of a draft held against NĐ 30/2020 PL I.II.7 and 9 (Art. 3.1.đ): who signs, and who gets it.

Whether the signer may sign so is not judged here: the approving leader is known by his act (Art. 8.3).
"""

import re
from collections.abc import Iterator
from itertools import takewhile

from app.regulation.layout_finding import Finding, Look, figure, finding, looks, short, undashed, whole
from app.regulation.layout_grammar import LETTER, fold
from app.regulation.layout_parts import Parts, is_bulleted
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line
from app.tools.docx_list import BULLETS

#: how one signs in somebody's place
PREFIXES = ("TM.", "Q.", "KT.", "TL.", "TUQ.")
#: of these, how heads of units sign
_BY_UNITS = ("TL.", "TUQ.")
#: the same written otherwise: without its dot, with another mark, in full
_MISWRITTEN = (
    (re.compile(r"(TM|KT|TL|TUQ|Q)[\s.:,;/-]+"), lambda found: f"{found[1]}."),
    (re.compile(r"([TK])\s*/\s*(M|T|L|UQ|U\.?Q)\b[\s.:]*"), lambda found: f"{found[1]}{found[2]}."),
    (re.compile(r"QUYỀN\s+"), lambda _found: "Q."), (re.compile(r"THAY MẶT\s+"), lambda _found: "TM."),
    (re.compile(r"KÝ THAY\s+"), lambda _found: "KT."), (re.compile(r"THỪA LỆNH\s+"), lambda _found: "TL."),
    (re.compile(r"THỪA [UỦ][YỶ] QUYỀN\s+"), lambda _found: "TUQ."))
#: offices that stand where a name should, folded
_OFFICES = "pho|giam doc|chu tich|truong phong|truong ban|chanh van phong|hieu truong|chu tri|thu truong"
#: kinds that say at their head to whom they go
_ADDRESSED = (LETTER, "Tờ trình", "Báo cáo")
#: kinds whose articles say who has to act
_DECIDING = ("Nghị quyết", "Quyết định")
#: what the title of a deputy has, folded
_DEPUTY = re.compile(r"\bpho\b|^thu truong\b")
#: the body that decides together and signs by TM., folded; a People's Council's resolutions bear its chair alone
_TOGETHER = re.compile(r"uy ban nhan dan\b")
#: points of an empty line; of room for a signature at least, and what a repair makes
_EMPTY, _ROOM, _SIGNED = 14, 28, 72
#: marks that end no title and no name
_STRAY = (",", ".", ";", ":")
#: before a name: none of them
_TITLES = re.compile(r"^(GS|PGS|TS|ThS|Ths|BS(CK)?I*|CN|KS|LS|NGND|NGƯT|TTND|TTƯT|Ông|Bà|Đ/c|Đồng chí)\b\.?"
                     r"|,\s*(TS|ThS)\b")
#: who may put them there (PL I.II.7): schools, medicine, science, the armed forces; folded
_MAY_TITLE = re.compile(r"\b(benh vien|y te|truong|dai hoc|hoc vien|vien|cong an|bo chi huy|quan su|bien phong)\b")


def check(parts: Parts) -> Iterator[Finding]:
    """Signature, then list."""
    yield from _places(parts)
    yield from _signature([line for line in parts.signer
                           if line is parts.signer[-1] or not line.text.strip().startswith("(")],
                          bool(_MAY_TITLE.search(" ".join(fold(line.text) for line in parts.organ))))
    yield from _decider(parts)
    yield from _room(parts)
    yield from _beside([line for line in parts.beside if not line.text.strip().startswith("(")])
    yield from _recipients(parts.recipients)
    yield from _first_recipient(parts)


def _places(parts: Parts) -> Iterator[Finding]:
    if parts.recipients and not parts.signer:
        yield finding("tail_places", _("phần cuối"), _("không thấy chữ ký ngang hàng với “Nơi nhận”"),
                      _("“Nơi nhận” bên trái; quyền hạn, chức vụ, họ tên người ký bên phải"))
    elif not parts.signer:
        yield finding("signature", _("người ký"), _("không có"),
                      _("chức vụ in hoa, đậm; họ và tên, đậm; bên phải phần cuối"))


def _signature(lines: list[Line], may_title: bool) -> Iterator[Finding]:
    if not lines:
        return
    *titles, name = lines
    if not titles:
        yield finding("signature", _("người ký"), _("chỉ có “%(words)s”", words=short(name.text)),
                      _("chức vụ ở trên, họ và tên ở dưới"))
        return
    yield from looks("signature", _("quyền hạn, chức vụ của người ký"), titles, Look(13, 14, bold=True, is_upper=True))
    yield from _centred(lines)
    yield from _authority(titles)
    yield from looks("signer_name", _("họ và tên người ký"), [name], Look(13, 14, bold=True))
    text = name.text.strip()
    if re.fullmatch(r"\(?\s*da ky\s*\)?[.]?", fold(text)):
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”", _("họ và tên, in thường, đậm"))
    elif re.match(rf"({_OFFICES})\b", fold(text)):
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”",
                      _("chức vụ ở trên, dòng này chỉ họ và tên"))
    elif text.islower():
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”",
                      _("viết hoa chữ cái đầu mỗi tiếng của tên"))
    elif text.isupper():
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”",
                      _("“%(words)s” (in thường)", words=short(text.title())))
    if text.endswith(_STRAY):
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”", _("không có dấu ở cuối"),
                      [whole(name, ending="")])
    if _TITLES.search(text) and not may_title:
        yield finding("signer_name", _("họ và tên người ký"), f"“{short(text)}”",
                      _("không ghi học hàm, học vị, danh xưng trước tên"))


def _beside(lines: list[Line]) -> Iterator[Finding]:
    """Who else signs: the looks of his position and his name."""
    if len(lines) > 1 and lines[-1].text.strip().istitle():
        yield from looks("signature", _("chức vụ của người cùng ký"), lines[:1], Look(13, 14, bold=True, is_upper=True))
        yield from looks("signer_name", _("họ và tên người cùng ký"), lines[-1:], Look(13, 14, bold=True))


def _room(parts: Parts) -> Iterator[Finding]:
    """Between position and name there is room for the signature and the seal on it."""
    signer, lines = parts.signer, parts.lines
    box = lines[lines.index(signer[0]):lines.index(signer[-1]) + 1] if len(signer) > 1 else []
    if not box or len({line.cell for line in box}) > 1 or any(
            line.has_rule or line.text.strip().startswith("(") for line in box):
        return  # in rows of their own, with a picture, signed
    rooms, name = [0.0], signer[-1]
    for above, line in zip(box, box[1:], strict=False):
        rooms[-1] += above.after_pt + line.before_pt + _EMPTY * (not line.text.strip())
        if line.text.strip():
            rooms.append(0.0)
    if (room := max(rooms)) < _ROOM:
        yield finding("signature", _("giữa chức vụ và họ tên"), _("cách %(points)s pt", points=figure(room)),
                      _("chỗ đủ để ký và đóng dấu"),
                      [{"paragraph": name.paragraph, "before_pt": _SIGNED}], severity="warning")


def _centred(lines: list[Line]) -> Iterator[Finding]:
    """The name in the middle under the position."""
    for line in lines:
        if line.align != "center" and line.cell is not None and line.cell[0] >= 0:
            yield finding("signature", f"“{short(line.text)}”", _("không ở giữa"), _("ở giữa phần của người ký"),
                          [whole(line, align="center", first_mm=0)])


def _authority(titles: list[Line]) -> Iterator[Finding]:
    """In whose place one signs; "TL. CHỦ TỊCH / KT. CHÁNH VĂN PHÒNG / PHÓ CHÁNH VĂN PHÒNG" has two of them."""
    for line in titles:
        if line.text.rstrip().endswith(_STRAY):
            yield finding("signature", _("quyền hạn, chức vụ của người ký"), f"“{short(line.text)}”",
                          _("không có dấu ở cuối"), [whole(line, ending="")])
    for place, line in enumerate(titles):
        text, under = " ".join(line.text.split()), titles[place + 1:]
        prefix = re.match(r"([A-ZĐƯ]{1,4}\.)(\s*)", text)
        wrong = next(((found, right) for pattern, right in _MISWRITTEN if (found := pattern.match(text))), None)
        if two := re.search(r"\s*[;,]\s*((?:TM|KT|TL|TUQ|Q)\.)", text):
            yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”",
                          _("hai dòng: “%(first)s”, dòng dưới “%(second)s”", first=short(text[:two.start()]),
                            second=short(text[two.start(1):])))
        elif wrong and not prefix:
            found, right = wrong
            yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”",
                          f"“{right(found)} {short(text[found.end():].lstrip())}”")
        elif prefix and prefix[1] not in PREFIXES:
            yield finding("signature", _("quyền hạn ký"), f"“{prefix[1]}”", _("TM., Q., KT., TL. hoặc TUQ."))
        elif prefix and not prefix[2]:
            yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”",
                          _("một dấu cách sau “%(prefix)s”", prefix=prefix[1]))
        elif prefix and prefix[1] != "Q." and not under:
            yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”", _("dòng dưới ghi chức vụ của người ký"))
        elif prefix and prefix[1] == "TM.":
            yield from _for_all(text, text[prefix.end():], place, under)
        elif prefix and prefix[1] == "KT." and not any(_is_deputy(one.text, text[prefix.end():]) for one in under):
            yield finding("signature", _("chức vụ của người ký"), f"“{short(under[0].text)}”",
                          _("cấp phó của “%(title)s”: “PHÓ …”", title=short(text[prefix.end():])))
        elif prefix and prefix[1] in _BY_UNITS:
            yield from _by_unit(prefix[1], text, text[prefix.end():], under[0])


def _for_all(text: str, whose: str, place: int, under: list[Line]) -> Iterator[Finding]:
    """TM. stands first, before the name of a body; a deputy under it signs for the head."""
    last = " ".join(under[-1].text.split())
    if place or re.match(rf"({_OFFICES})\b", _said(whose)):
        yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”",
                      _("“TM.” ở dòng đầu, trước tên tập thể hoặc cơ quan"))
    elif _said(last).startswith("pho ") and not any(one.text.startswith("KT.") for one in under):
        yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”, “{short(last)}”",
                      _("“KT. %(title)s” ở dòng giữa: cấp phó ký thay", title=short(re.sub(r"^PHÓ\s+", "", last))))


def _decider(parts: Parts) -> Iterator[Finding]:
    """Who decides is who signs (PL III, models 1.1 and 1.2): a body, in whose name its head signs, or the head himself.
    """
    if parts.type_name not in _DECIDING:
        return
    before = list(takewhile(lambda line: not fold(line.text).startswith("can cu "), parts.body))
    decider = " ".join(line.text.strip() for line in before if line.text.strip().isupper())
    together = next((line for line in parts.signer[:-1] if line.text.strip().startswith("TM.")), None)
    if together is not None and re.match(rf"({_OFFICES})\b", _said(decider)):
        yield finding("signature", _("quyền hạn ký"), f"“{short(together.text)}”",
                      _("không “TM.”: “%(who)s” ban hành thì ký với chức vụ của mình", who=short(decider)))
    elif together is None and parts.signer[1:] and _TOGETHER.match(_said(decider)):
        yield finding("signature", _("quyền hạn ký"), f"“{short(parts.signer[0].text)}”",
                      _("“TM. %(who)s” ở dòng đầu: tập thể ban hành", who=short(decider)), severity="warning")


def _by_unit(prefix: str, text: str, whose: str, under: Line) -> Iterator[Finding]:
    """Under TL., TUQ. stands who heads a unit: not the same office, not its deputy, and under TUQ. nobody for him."""
    if _said(under.text) == f"pho {_said(whose)}":
        yield finding("signature", _("quyền hạn ký"), f"“{short(text)}”",
                      _("“KT. %(title)s”: cấp phó ký thay", title=short(whose)))
    elif prefix == "TUQ." and under.text.startswith("KT."):
        yield finding("signature", _("quyền hạn ký"), f"“{short(under.text)}”",
                      _("người được ủy quyền ký, không giao cho cấp phó"))
    elif _said(under.text) == _said(whose):
        yield finding("signature", _("chức vụ của người ký"), f"“{short(under.text)}”",
                      _("chức vụ của người được giao ký, khác với “%(words)s”", words=short(text)))


def _is_deputy(title: str, head: str) -> bool:
    """Whether it is the title of a deputy, and of this head: they have a word in common."""
    return _DEPUTY.search(_said(title)) is not None and bool({*_said(title).split()} & {*_said(head).split()})


def _said(title: str) -> str:
    return fold(title).strip(" .,;:")


def _first_recipient(parts: Parts) -> Iterator[Finding]:
    """The first line says where it is written who has to act: under "Kính gửi", in an article."""
    first = parts.recipients[1].told if parts.recipients[1:] else ""
    words, is_, should = fold(first), f"“{short(first)}”", ""
    articles = [found[1] for line in parts.body if (found := re.match(r"Điều\s+(\d+)", line.told.strip()))]
    named = re.match(r"\W*nhu dieu ((?:\d+|,|va|dieu|\s)+)", words)
    if parts.addressees and re.match(r"\W*nhu (noi )?kinh gui\b", words):
        should = "“- Như trên;”"
    elif parts.addressees and parts.type_name in _ADDRESSED and re.match(r"-\s*(?!nhu\b)\w", words):
        should = _("“- Như trên;”: nơi đã ghi ở “Kính gửi”")
    elif parts.type_name in _DECIDING and not parts.addressees and re.match(r"\W*nhu tren\b", words):
        should = _("“- Như Điều …;”: điều giao việc thi hành")
    elif re.match(r"\W*Như điều\b", first):
        should = f"“{short(first.replace('điều', 'Điều', 1))}”"
    elif named and articles and not set(re.findall(r"\d+", named[1])) <= set(articles):
        should = _("một điều có trong văn bản")
    if should:
        yield finding("recipients", _("Nơi nhận, dòng đầu"), is_, should, severity="warning")


def _recipients(lines: list[Line]) -> Iterator[Finding]:
    if not lines:
        yield finding("recipients", _("Nơi nhận"), _("không có"),
                      _("“Nơi nhận:” và danh sách, dòng cuối “- Lưu: VT, …”"))
        return
    heading, *items = lines
    yield from looks("recipients", _("Nơi nhận"), [heading], Look(12, 12, bold=True, italic=True))
    if heading.text.strip() != "Nơi nhận:":
        yield finding("recipients", _("Nơi nhận"), f"“{short(heading.text)}”",
                      _("“Nơi nhận:”, danh sách ở các dòng dưới"))
    yield from looks("recipients", _("danh sách nơi nhận"), items, Look(11, 11, bold=False))
    for line in items:
        text, mark = line.told.strip(), "." if line is items[-1] else ";"
        if not text.startswith("- "):
            change = undashed(line) if is_bulleted(line) else None
            yield finding("recipients", _("nơi nhận “%(words)s”", words=short(text)), _("không bắt đầu bằng “- ”"),
                          _("gạch đầu dòng “- ”"), [change] if change else None)
        if not text.endswith(mark):
            yield finding("recipients", _("nơi nhận “%(words)s”", words=short(text)),
                          _("cuối dòng “%(mark)s”", mark=text[-1:]), _("“%(mark)s” cuối dòng", mark=mark),
                          [whole(line, ending=mark)])
    copy = fold(items[-1].text).lstrip(f"- {BULLETS}") if items else ""
    if not re.match(r"luu\s*:\s*vt", copy):
        yield finding("recipients", _("Nơi nhận, dòng cuối"), f"“{short(items[-1].text) if items else ''}”",
                      _("“- Lưu: VT, …”: bản lưu ở văn thư và đơn vị soạn thảo"))
    elif not re.match(r"luu\s*:\s*vt\s*,\s*\w", copy):
        yield finding("recipients", _("Nơi nhận, dòng cuối"), f"“{short(items[-1].text)}”",
                      _("“- Lưu: VT, …”: sau dấu phẩy ghi chữ viết tắt đơn vị soạn thảo"), severity="warning")
