"""How the streams that pages are drawn with are packed, by the letter of ISO 32000-2 (7.3.8, 7.4).

A stream says it once and by the long names: what has a short name, that some readers know and others do not, is one
stream in these and another in those. It does not ask what is inside.
"""

from typing import Any

import pikepdf

from app.tools.page_words import Stray

#: short names of what a picture within a page says (Table 91): some readers know them of every stream
SHORT = {"/BPC": "/BitsPerComponent", "/CS": "/ColorSpace", "/D": "/Decode", "/DP": "/DecodeParms", "/F": "/Filter",
         "/H": "/Height", "/IM": "/ImageMask", "/I": "/Interpolate", "/L": "/Length", "/W": "/Width"}
#: filters of bytes, and those that make a picture by themselves
_PLAIN = {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode"}
CODED = {"/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/JPXDecode"}
_MOST_FILTERS = 3


def filters(given: Any) -> list[str]:
    """Through what the data go, in this order. Raises Stray."""
    through, about = (given.get(key) for key in ("/Filter", "/DecodeParms"))
    names = [str(one) for one in through] if isinstance(through, pikepdf.Array) else [str(through)] if through else []
    those = list(about) if isinstance(about, pikepdf.Array) else [about] * (about is not None)
    if not set(names) <= _PLAIN | CODED or any(name in CODED for name in names[:-1]) or len(names) > _MOST_FILTERS:
        raise Stray("/Filter")
    if not all(one is None or isinstance(one, pikepdf.Dictionary) for one in those) or len(those) != len(names) and any(
            one is not None and len(one) for one in those):
        raise Stray("/DecodeParms")
    return names


def parameters(given: Any) -> Any:
    """What is said of the last filter."""
    about = given.get("/DecodeParms")
    last = about[len(about) - 1] if isinstance(about, pikepdf.Array) and len(about) else about
    return last if isinstance(last, pikepdf.Dictionary) else {}


def refuse_short(given: Any) -> None:
    """Raises Stray where a stream says something by a short name."""
    if rival := next((key for key in SHORT if key in given), ""):
        raise Stray(rival)


def bytes_of(stream: Any, key: str) -> bytes:
    """What a stream holds that is no picture. Raises Stray, with the key where it is no stream."""
    if not isinstance(stream, pikepdf.Stream):
        raise Stray(key)
    refuse_short(stream)
    if set(filters(stream)) & CODED:
        raise Stray("/Filter")
    about = stream.get("/DecodeParms")
    for one in list(about) if isinstance(about, pikepdf.Array) else [about]:
        if one is not None and dict(one) not in ({}, {"/Predictor": 1}):
            raise Stray("/DecodeParms")
    try:
        return stream.read_bytes()
    except pikepdf.PdfError as error:
        raise Stray(key) from error
