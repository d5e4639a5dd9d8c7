"""By what the pages of a PDF are drawn by each reader in its own way (ISO 32000-2 7.7.3, 8.7.3, 8.10, 11.6, 12.5.5;
security.md S10): the tree of pages, and all that they name which is drawn itself.

It does not read the words of a page (page_program.py) and draws nothing.
"""

from collections.abc import Iterator
from typing import Any

import pikepdf

from app.tools.page_font import Font, font
from app.tools.page_means import FAR, Means, is_number, matrix, numbers, whole
from app.tools.page_packed import bytes_of
from app.tools.page_picture import picture
from app.tools.page_program import Drawing, Reach
from app.tools.page_words import Stray, long_number
from app.tools.suspect_look import is_unseen, shown_elsewhere

#: bytes that a file draws with, and for each of its pages (one full of print has 20,000): to read a million takes 0.3 s
MOST_BYTES, _OF_PAGE = 4_000_000, 30_000
#: forms within forms that every reader follows, pages, and levels of their tree
_NESTED, _MOST_PAGES, _DEEPEST = 20, 2_000, 40
#: what a page may have from the node that it hangs from
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
#: how wide the frame of a link is at most, what it is around at least, in points
_FRAME, _FRAMED = 2, (5, 12)
#: of how many numbers a colour is whose brightness each reader reckons alike
_BRIGHT = (1, 3)
#: what says where a note of such a kind lies: without it some readers draw no look
_SHAPES = {"/Polygon": "/Vertices", "/PolyLine": "/Vertices", "/Line": "/L", "/Ink": "/InkList",
           **dict.fromkeys(("/Underline", "/StrikeOut", "/Squiggly"), "/QuadPoints")}
_TURNS = range(-360, 361, 90)
#: sides of a page, in points, that some readers take for none
_SMALLEST = 2.0
#: notes whose look some readers draw, some in another way and some not; flag of one that is unseen where its kind is
#: not known
_OWN_WAY, _UNKNOWN = {"/Link", "/Popup", "/Highlight", "/FileAttachment", "/Sound", "/Movie"}, 1


def drawn_each_in_its_own_way(document: pikepdf.Pdf) -> str:
    """The first construct of the pages that stands outside the standard, or that the standard leaves to the reader; ""
    when there is none.
    """
    try:
        for one in document.objects:
            if isinstance(one, pikepdf.Stream) and one.get("/Type") == "/ObjStm" and (
                    many := long_number(bytes_of(one, "/ObjStm"))):
                return many
        pages = Pages(document)
        for page, inherited in _leaves(document.Root.get("/Pages"), {}, 0):
            pages.page(page, inherited)
    except Stray as stray:
        return str(stray)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        return "/Contents"  # something of a kind that is nowhere expected
    return ""


def _leaves(node: Any, inherited: dict[str, Any], depth: int) -> Iterator[tuple[pikepdf.Dictionary, dict[str, Any]]]:
    """Each page with what it has from above. A reader goes down the tree, another up from the page: both find the same.
    """
    if not isinstance(node, pikepdf.Dictionary) or depth > _DEEPEST:
        raise Stray("/Pages")
    inherited = inherited | {key: node[key] for key in _INHERITED if key in node}
    if node.get("/Type") == "/Page" and "/Kids" not in node:
        yield node, inherited
        return
    kids, count = node.get("/Kids"), 0
    if node.get("/Type") != "/Pages" or not isinstance(kids, pikepdf.Array):
        raise Stray("/Pages")
    for kid in kids:
        above = kid.get("/Parent") if isinstance(kid, pikepdf.Dictionary) else None
        if above is None or above.objgen != node.objgen:
            raise Stray("/Parent")
        for one in _leaves(kid, inherited, depth + 1):
            count += 1
            yield one
            if count > _MOST_PAGES:
                raise Stray("/Kids")
    if node.get("/Count") != count:
        raise Stray("/Count")


def _fields(those: Any, depth: int) -> Iterator[tuple[int, int]]:
    """The numbers of the fields of a form: a field that is in none some readers do not show."""
    for one in those if isinstance(those, pikepdf.Array) and depth < _DEEPEST else ():
        if isinstance(one, pikepdf.Dictionary):
            yield one.objgen
            yield from _fields(one.get("/Kids"), depth + 1)


def box(given: Any, key: str, least: float = 0) -> list[float]:
    """A box that has an extent, `least`: a larger one than this, that no reader bends. Raises Stray."""
    sides = numbers(given, key, 4)
    if min(abs(sides[0] - sides[2]), abs(sides[1] - sides[3])) <= least or max(map(abs, sides)) > FAR:
        raise Stray(key)
    return sides


def _framed(link: pikepdf.Dictionary) -> None:
    """Raises Stray for a link whose frame some readers draw, so that it is a stroke or a sign, or lies over words."""
    given, style = link.get("/Border", [0, 0, 1]), link.get("/BS", {})
    turned, width = (list(given)[:2], given[2]) if len(given) > 2 else ([0], None)
    width = style.get("/W", 1) if "/BS" in link else width
    if not is_number(width) or width < 0 or width > _FRAME:
        raise Stray("/Border")
    if width:
        left, bottom, right, top = numbers(link, "/Rect", 4)
        sides = sorted((abs(right - left), abs(top - bottom)))
        if any(turned) or sides[0] < _FRAMED[0] or sides[1] < _FRAMED[1]:
            raise Stray("/Border")


class Pages:
    """The pages of one file; what they name is asked once."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self.means = Means()
        form = document.Root.get("/AcroForm")
        self._turns = document.Root.get("/PageMode") == "/FullScreen"
        self._fields = set(_fields(form.get("/Fields"), 0)) if isinstance(form, pikepdf.Dictionary) else set()
        self._left = MOST_BYTES
        #: what was asked already, by its number and how it was used
        self._known: dict[Any, Any] = {}

    def spend(self, count: int) -> None:
        """Raises Stray when the file draws with more bytes than are read."""
        self._left -= count
        if self._left < 0:
            raise Stray(f"> {MOST_BYTES / 1e6:g} MB")

    def page(self, page: pikepdf.Dictionary, inherited: dict[str, Any]) -> None:
        """One page and its notes. Raises Stray."""
        if page.objgen in self._known:
            return
        self._known[page.objgen] = True
        self._left += _OF_PAGE
        if self._turns and (wrong := next((key for key in ("/Dur", "/Trans") if key in page), "")):
            raise Stray(wrong)  # it goes by before one has read it
        sheet = box(inherited, "/MediaBox", _SMALLEST)
        shown = box(inherited, "/CropBox", _SMALLEST) if "/CropBox" in inherited else sheet
        if page.get("/UserUnit", 1) != 1:  # some readers make the page larger by it
            raise Stray("/UserUnit")
        if any(max(min(sheet[at::2]), min(shown[at::2])) >= min(max(sheet[at::2]), max(shown[at::2])) for at in (0, 1)):
            raise Stray("/CropBox")
        whole(inherited, "/Rotate", _TURNS, 0)
        parts = page.get("/Contents", pikepdf.Array())
        drawn = Drawing(self, inherited.get("/Resources"), depth=0).read(
            [bytes_of(one, "/Contents") for one in (parts if isinstance(parts, pikepdf.Array) else [parts])],
            is_page=True)
        self._group(page)
        notes = page.get("/Annots", pikepdf.Array())
        if drawn.reach > FAR:
            raise Stray("cm")
        if not isinstance(notes, pikepdf.Array) or not all(isinstance(one, pikepdf.Dictionary) for one in notes):
            raise Stray("/Annots")
        for note in notes:
            self._note(note)

    def _note(self, note: pikepdf.Dictionary) -> None:
        look = note.get("/AP")
        shown = look.get("/N") if isinstance(look, pikepdf.Dictionary) else None
        if shown is None and note.get("/Subtype") == "/Link":
            return _framed(note)
        if shown is None or is_unseen(note):
            return
        box(note, "/Rect")
        if str(note.get("/Subtype")) in _OWN_WAY or int(note.get("/F", 0)) & _UNKNOWN or (
                note.get("/Subtype") == "/Widget" and note.objgen not in self._fields):
            raise Stray(str(note.get("/Subtype")))
        for one in [shown] if isinstance(shown, pikepdf.Stream) else [each for _, each in shown.items()]:
            is_form = isinstance(one, pikepdf.Stream) and str(one.get("/Subtype")) == "/Form"
            if not is_form or (within := self.form(one, 1)).far > FAR:
                raise Stray("/AP")
            if within.paints and (elsewhere := shown_elsewhere(note)):
                raise Stray(elsewhere)
            if within.paints and _SHAPES.get(str(note.get("/Subtype")), "/Rect") not in note:
                raise Stray(str(note.get("/Subtype")))

    def form(self, form: Any, depth: int, *, is_shape: bool = False, is_unseen: bool = False) -> Reach:
        """Ask a form. Raises Stray."""
        if depth > _NESTED:
            raise Stray("/XObject")
        key = form.objgen, is_shape, is_unseen
        if key not in self._known:
            self._known[key] = None
            if form.get("/Type", "/XObject") != "/XObject" or whole(form, "/FormType", (1,), 1) != 1 or \
                    {"/Subtype2", "/PS"} & set(form.keys()):
                raise Stray("/Form")
            left, bottom, right, top = numbers(form, "/BBox", 4)
            a, b, c, d, e, f = matrix(form, "/Matrix")
            self._group(form)
            drawn = self._read(form, form.get("/Resources"), depth, is_shape=is_shape, is_unseen=is_unseen)
            if drawn.paints and (left == right or bottom == top):
                raise Stray("/BBox")
            self._known[key] = Reach(drawn.reach * max(abs(a) + abs(c), abs(b) + abs(d)) + max(abs(e), abs(f)),
                                     drawn.least * max(abs(a), abs(b), abs(c), abs(d)), drawn.paints)
        if self._known[key] is None:
            raise Stray("/XObject")  # it draws itself
        return self._known[key]

    def _read(self, stream: Any, resources: Any, depth: int, **how: bool) -> Drawing:
        return Drawing(self, resources, depth=depth, **how).read([bytes_of(stream, "/Form")])

    def _group(self, holder: Any) -> int:
        """How many numbers are a colour of the group that a page or form is; 0: it does not say. Raises Stray."""
        group = holder.get("/Group")
        if group is None:
            return 0
        if not isinstance(group, pikepdf.Dictionary) or group.get("/S") != "/Transparency" or not all(
                isinstance(group.get(key, False), bool) for key in ("/I", "/K")) or group.get("/K", False):
            raise Stray("/Group")
        space = self.means.space(group.CS) if "/CS" in group else None
        if space is not None and (space.is_pattern or space.is_listed):
            raise Stray("/Group")
        return space.count if space else 0

    def mask(self, mask: pikepdf.Dictionary, depth: int) -> None:
        """A form whose brightness, or extent, lets through what is drawn. Raises Stray."""
        form, kind = mask.get("/G"), mask.get("/S")
        count = self._group(form) if isinstance(form, pikepdf.Stream) and "/Group" in form else None
        if kind not in ("/Alpha", "/Luminosity") or count is None or kind == "/Luminosity" and count not in _BRIGHT \
                or mask.get("/TR", "/Identity") != "/Identity" or "/BC" in mask and kind == "/Alpha":
            raise Stray("/SMask")
        if matrix(form, "/Matrix") != [1, 0, 0, 1, 0, 0]:
            raise Stray("/SMask")
        if "/BC" in mask:
            numbers(mask, "/BC", count)
        self.form(form, depth)

    def font(self, given: Any) -> Font:
        """A font, read once. Raises Stray."""
        key = given.objgen, "font"
        if key not in self._known or given.objgen == (0, 0):
            self._known[key] = font(given)
        return self._known[key]

    def letters(self, known: Font, depth: int) -> bool:
        """Whether the letters that a file draws itself paint. Raises Stray."""
        paints = False
        for one in known.drawings:
            if (key := (one.objgen, "letter")) not in self._known:
                if depth > _NESTED:
                    raise Stray("/Type3")
                self._known[key] = None
                self._known[key] = self._read(one, known.resources, depth, is_letter=True).paints
            if self._known[key] is None:
                raise Stray("/Type3")
            paints |= self._known[key]
        return paints

    def picture(self, given: Any) -> bool:
        """Whether a picture is a stencil. Raises Stray."""
        if (key := (given.objgen, "picture")) not in self._known:
            self._known[key] = picture(given, self.means)
        return self._known[key]

    def pattern(self, given: Any, depth: int, *, is_shape: bool) -> None:
        """What an area is filled with again and again, or with a colour that changes. Raises Stray."""
        if not isinstance(given, (pikepdf.Dictionary, pikepdf.Stream)):
            raise Stray("/Pattern")
        key = given.objgen, "pattern", is_shape
        if key in self._known and given.objgen != (0, 0):
            return
        self._known[key] = True
        kind = whole(given, "/PatternType", (1, 2))
        matrix(given, "/Matrix")
        if depth > _NESTED or depth > 1 and kind == 1:
            raise Stray("/Matrix")
        if kind == 2:
            if is_shape or "/ExtGState" in given:
                raise Stray("/Pattern")
            self.means.shading(given.get("/Shading"))
            return
        left, bottom, right, top = box(given, "/BBox")
        if left > right or bottom > top:  # some tile nothing
            raise Stray("/BBox")
        steps = [given.get(key) for key in ("/XStep", "/YStep")]
        if whole(given, "/PaintType", (1, 2)) != 1 + is_shape or not all(map(is_number, steps)) or \
                steps[0] < (right - left) * 0.9 or steps[1] < (top - bottom) * 0.9 or min(steps) <= 0:
            raise Stray("/XStep")
        whole(given, "/TilingType", (1, 2, 3))
        self._read(given, given.get("/Resources"), depth, is_shape=is_shape)
