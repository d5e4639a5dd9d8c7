"""Recognition against labelled documents (Art. 2.2): exact, normalised, silent errors, CPU seconds a page.

DIR holds `truth.json` ({file name: {field: value}}), the files, anywhere below, and `score.py`, whose rules of
comparison are used, so that its figures and these are the same. A *silent* error is a value that is wrong and not
marked doubtful. *Lawful, discarded*: letters without a mark on which one was read for sure (Art. 3.2), which no scan
outlives. A clerk waits for the fields; the text of all pages is read behind them, and its seconds are told apart. The
anchor is a bare run of the recognition program over the same first pages.
"""

import importlib.util
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from app.bench.report import figure, report
from app.regulation import barred_text, layout
from app.regulation.layout_head import SURE
from app.regulation.recognition import Recognition, recognise
from app.tools import tesseract
from app.tools.media import sniff
from app.tools.ocr import Reader
from app.tools.page_source import DPI, Source

#: field of the scorer -> the fields of a registration that it is made of
NAMES = {
    "so_ky_hieu": ("code_number", "code_notation"), "ngay_ban_hanh": ("issued_date",),
    "co_quan_ban_hanh": ("organ_name",), "loai_van_ban": ("type_name",), "trich_yeu": ("subject",),
    "nguoi_ky": ("signer_name",), "chuc_vu": ("signer_position",), "kinh_gui": ("addressees",),
    "noi_nhan": ("recipients",), "do_khan": ("priority",), "do_mat": ("secrecy",),
}  # fmt: skip
_PRIORITIES = {"0": "", "1": "KHẨN", "2": "THƯỢNG KHẨN", "3": "HỎA TỐC"}
#: every how manyeth file the anchor and the whole text are measured on
_ANCHOR_EVERY = 6
_GOALS = {"MACRO": 0.92, "CORE-5": 0.78, "loai_van_ban": 0.99, "co_quan_ban_hanh": 0.95, "so_ky_hieu": 0.95,
          "ngay_ban_hanh": 0.95, "trich_yeu": 0.95}
_SECONDS_GOAL = 1.5
_SILENT_GOAL = 0.01


def run(folder: Path, agencies: tuple[str, ...] = (), predictions: Path | None = None) -> dict[str, Any]:
    """Read every labelled file and compare; `predictions`: where to keep what was read, in the scorer's names."""
    scorer = load_scorer(folder / "score.py")
    truth = scorer.load_truth(str(folder / "truth.json"))
    places = {path.name: path for path in sorted(folder.rglob("*")) if path.name in truth}
    reader = Reader(60)
    read: dict[str, dict[str, Any]] = {}
    doubts: dict[str, dict[str, bool]] = {}
    signs: dict[str, tuple[list[str], list[str]]] = {}
    seconds, pages, anchors, texts = 0.0, 0, [], []
    for at, name in enumerate(sorted(places)):
        data = places[name].read_bytes()
        media_type = sniff(data, name).media_type
        spent, found = _timed(lambda data=data, kind=media_type: recognise(reader, data, kind, agencies))
        seconds, pages = seconds + spent, pages + found.pages_with_fields
        read[name], doubts[name] = named(found), doubtful(found)
        signs[name] = barred_text.sure(found.fields), list(barred_text.signs(found.fields))
        read[name]["seconds"] = spent
        if at % _ANCHOR_EVERY == 0:
            anchors.append(_anchor(data, media_type))
            texts.append((spent + _timed(found.texts)[0], found.page_count))
    if predictions:
        predictions.write_text(json.dumps(read, ensure_ascii=False, indent=1), "utf-8")
    anchor = sum(anchors) / len(anchors) if anchors else 0.0
    figures = [*compared(scorer, truth, read, doubts), *kept_out(truth, signs)]
    figures.append(figure("CPU per page that carries fields", "s", seconds / max(pages, 1), anchor=anchor,
                          anchor_is="bare Tesseract, first pages", goal=f"<= {_SECONDS_GOAL}",
                          ok=seconds / max(pages, 1) <= _SECONDS_GOAL))
    whole = sum(spent for spent, _ in texts) / max(1, sum(count for _, count in texts))
    figures.append(figure("CPU per page, fields and whole text", "s", whole, anchor=anchor,
                          anchor_is="bare Tesseract, first pages"))
    return report("recognise", figures)


def compared(scorer: ModuleType, truth: dict, read: dict, doubts: dict) -> list[dict[str, Any]]:
    """Figures per field: normalised with exact and silent beside it, then the sums."""
    scores = {name: scorer.score_one(truth[name], read.get(name, {})) for name in truth}
    figures, macro, silent, doubt_count = [], [], 0, 0
    for field in NAMES:
        rows = {name: score[field] for name, score in scores.items()}
        right = {name: _is_right(field, row) for name, row in rows.items()}
        wrong = [name for name in rows if not right[name] and not doubts.get(name, {}).get(field, True)]
        doubt_count += sum(doubts.get(name, {}).get(field, True) for name in rows)
        silent += len(wrong)
        norm = _mean(row.get("f1", row["norm"]) for row in rows.values())
        macro.append(norm)
        main = _mean(row["soft"] for row in rows.values()) if field == "trich_yeu" else norm
        goal = _GOALS.get(field)
        figures.append(figure(field, "", main, goal=f">= {goal}" if goal else "", ok=main >= goal if goal else None)
                       | {"exact": _mean(row.get("exact", row["norm"]) for row in rows.values()),
                          "normalised": norm, "silent": len(wrong), "silent_in": sorted(wrong)})
    missed = [name for name, score in scores.items() if score["do_mat"]["pos"] and not read.get(name, {}).get("do_mat")
              and not doubts.get(name, {}).get("do_mat", True)]
    core = _mean(score["_core"] for score in scores.values())
    values = len(NAMES) * len(truth)
    return [*figures,
            figure("MACRO", "", _mean(macro), goal=f">= {_GOALS['MACRO']}", ok=_mean(macro) >= _GOALS["MACRO"]),
            figure("CORE-5", "", core, goal=f">= {_GOALS['CORE-5']}", ok=core >= _GOALS["CORE-5"]),
            figure("secrecy missed silently", "", len(missed), goal="0", ok=not missed),
            figure("silent errors", "of values", silent / values, goal=f"<= {_SILENT_GOAL}",
                   ok=silent / values <= _SILENT_GOAL),
            figure("doubtful", "of values", doubt_count / values)]


def kept_out(truth: dict, signs: dict[str, tuple[list[str], list[str]]]) -> list[dict[str, Any]]:
    """Art. 3.2: labelled letters without a mark that would be discarded, or would wait for a clerk's word."""
    lawful = sorted(name for name in signs if not truth[name].get("do_mat"))
    discarded = [name for name in lawful if signs[name][0]]
    asked = [name for name in lawful if signs[name][1] and not signs[name][0]]
    return [figure("lawful, discarded", f"of {len(lawful)} letters", len(discarded), goal="0", ok=not discarded)
            | {"discarded": discarded},
            figure("lawful, a clerk is asked", f"of {len(lawful)} letters", len(asked)) | {"asked": asked}]


def named(found: Recognition) -> dict[str, Any]:
    """The fields in the scorer's names."""
    stated = {key: value["value"] for key, value in found.stated().items()}
    result = {field: stated[keys[0]] for field, keys in NAMES.items()}
    number, notation = stated["code_number"], stated["code_notation"]
    result["so_ky_hieu"] = layout.reference(number, notation) if notation else number
    result["do_khan"] = _PRIORITIES.get(str(stated["priority"]), "")
    result["do_mat"] = str(stated["secrecy"]).upper()
    return result


def doubtful(found: Recognition) -> dict[str, bool]:
    """Which of the scorer's fields ask for a glance.

    A list that is empty because nothing stands there is no doubt; a single field without a value is one.
    """
    stated = found.stated()
    return {field: any(stated[key]["confidence"] < SURE and (key not in ("addressees",) or bool(stated[key]["value"]))
                       for key in keys) for field, keys in NAMES.items()}


def _is_right(field: str, row: dict[str, Any]) -> bool:
    if field == "trich_yeu":
        return bool(row["soft"])
    return row["f1"] == 1.0 if "f1" in row else bool(row["norm"])


def _mean(values: Any) -> float:
    values = [float(value) for value in values]
    return round(sum(values) / len(values), 4) if values else 0.0


def load_scorer(path: Path) -> ModuleType:
    """The rules of comparison that lie beside labelled documents."""
    spec = importlib.util.spec_from_file_location("scorer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cpu() -> float:
    """CPU seconds of this process and of those that it started, running ones too."""
    own, ended = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    running = 0
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            # behind the name, which may hold spaces: user and system time are the 12th and 13th figure
            figures = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            running += int(figures[11]) + int(figures[12])
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime + running / os.sysconf("SC_CLK_TCK")


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = _cpu()
    result = call()
    return _cpu() - started, result


def _anchor(data: bytes, media_type: str) -> float:
    sheet = Source(data, media_type).sheet(1)
    return _timed(lambda: tesseract.recognise(sheet.picture, tesseract.PAGE, DPI, 60))[0]
