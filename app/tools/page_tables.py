"""Whether the tables of a TrueType or OpenType font within a PDF are told once, so that each reader finds the same.

Of two with one name some readers take the first, some the last; of codes in no order some search as if they were in
order, some read them all. It knows the directory and where codes are told (cmap), not what the codes lead to.
"""

from struct import error, unpack_from


def are_told_once(program: bytes) -> bool:
    """Whether no table, no table of codes and no code within one is there twice."""
    try:
        count = unpack_from(">H", program, 4)[0]
        tables = [unpack_from(">4s4xII", program, 12 + 16 * at) for at in range(count)]
        names = [name for name, _, _ in tables]
        return len(set(names)) == count and all(
            _codes(program[start:start + length]) for name, start, length in tables if name == b"cmap")
    except error:
        return False


def _codes(cmap: bytes) -> bool:
    told = [unpack_from(">HHI", cmap, 4 + 8 * at) for at in range(unpack_from(">H", cmap, 2)[0])]
    return len({one[:2] for one in told}) == len(told) and all(_in_order(cmap, start) for start in {
        one[2] for one in told})


def _in_order(cmap: bytes, start: int) -> bool:
    """Whether the stretches of codes of one table follow each other; other formats tell each code by its place."""
    kind = unpack_from(">H", cmap, start)[0]
    if kind == 4:
        half = unpack_from(">H", cmap, start + 6)[0] // 2
        lasts = unpack_from(f">{half}H", cmap, start + 14)
        firsts = unpack_from(f">{half}H", cmap, start + 16 + 2 * half)
    elif kind in (8, 12, 13):
        begin = start + (8204 if kind == 8 else 12)
        count = unpack_from(">I", cmap, begin)[0]
        stretches = [unpack_from(">II", cmap, begin + 4 + 12 * at) for at in range(count)] if count < len(cmap) else []
        firsts, lasts = [one[0] for one in stretches], [one[1] for one in stretches]
    else:
        return True
    return all(first <= last for first, last in zip(firsts, lasts, strict=True)) and all(
        before < first for before, first in zip(lasts, firsts[1:], strict=False))
