"""What a page of a PDF uses of its resources: the rest may be pieces of pages that are left out (Art. 3.2).

Pages share lists of pictures, patterns, masks, colours; a page, and each form, pattern and look of a note on it, keeps
what its own content names. It reads contents and draws nothing.
"""

from collections.abc import Iterator

import pikepdf

#: operators that name a resource, and pictures within the content
_NAMING = "Do gs cs CS scn SCN sh Tf BDC DP BI ID EI"
#: colours that hold without being named
_DEFAULTS = {"/DefaultGray", "/DefaultRGB", "/DefaultCMYK"}
#: forms within forms
_DEEPEST = 20


class UnreadableContent(ValueError):
    """A content that cannot be read may use anything."""


def keep_used(page: pikepdf.Object) -> None:
    """Let a page, or the look of a note on it, keep only the resources that it uses. Raises UnreadableContent."""
    _keep_used(page, 0)


def _keep_used(holder: pikepdf.Object, depth: int) -> set[str]:
    """The names that `holder` leaves to be found in what it stands on: all when it has no resources of its own."""
    if depth > _DEEPEST:
        raise UnreadableContent
    names, done = _names(holder), set()
    resources = holder.get("/Resources")
    if not isinstance(resources, pikepdf.Dictionary):
        return names
    while wanted := [(kind, name) for kind, group in resources.items() if isinstance(group, pikepdf.Dictionary)
                     for name in group.keys() if (name in names or name in _DEFAULTS) and (kind, name) not in done]:
        for kind, name in wanted:
            done.add((kind, name))
            for inner in _contents(resources[kind][name]):
                names |= _keep_used(inner, depth + 1)
    # a new list: pages that share the old one use other parts of it
    kept = pikepdf.Dictionary()
    for kind, name in sorted(done):
        if kind not in kept:
            kept[kind] = pikepdf.Dictionary()
        kept[kind][name] = resources[kind][name]
    holder.Resources = kept
    return names


def _contents(item: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """What of a resource has a content of its own: forms, patterns, masks, letters that are drawn."""
    if isinstance(item, pikepdf.Stream):
        if item.get("/Subtype") == "/Form" or item.get("/PatternType") == 1:
            for key in ("/PieceInfo", "/Metadata", "/OPI", "/Ref"):
                if key in item:
                    del item[key]
            yield item
    elif isinstance(item, pikepdf.Dictionary):
        mask = item.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary) and isinstance(mask.get("/G"), pikepdf.Stream):
            yield mask.G
        if isinstance(letters := item.get("/CharProcs"), pikepdf.Dictionary):
            yield from letters.values()


def _names(holder: pikepdf.Object) -> set[str]:
    try:
        read = pikepdf.parse_content_stream(holder, _NAMING)
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as error:
        raise UnreadableContent from error
    names: set[str] = set()
    for instruction in read:
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            operands = [value for _, value in instruction.iimage.obj.items()]
        else:
            operands = list(instruction.operands)
        names |= {str(one) for one in operands if isinstance(one, pikepdf.Name)}
    return names
