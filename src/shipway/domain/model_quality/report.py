"""quality.html: what labels say about the answers, on one page that needs nothing else."""

from collections.abc import Sequence
from html import escape

from shipway.domain.drift.report import STYLE
from shipway.domain.model_quality.compare import QualityVerdict
from shipway.domain.model_quality.windows import QualityWindow

HEADERS = ("release", "window", "from", "answers", "labelled", "verdict", "what labels say")


def quality_page(found: Sequence[QualityWindow], title: str, notes: Sequence[str] = ()) -> str:
    """Return the page, the newest window first. title: whose answers they are. notes: what could not be used."""
    name = escape(title)
    newest = found[0].degradation if found else None
    verdict = newest.verdict if newest else QualityVerdict.INCONCLUSIVE
    sentence = newest.sentence if newest else "no answer has been captured yet"
    head = "".join(f"<th>{each}</th>" for each in HEADERS)
    items = "".join(f"<li>{escape(each)}</li>" for each in notes)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{name}: {verdict}</title><style>{STYLE}</style><h1>{name}: answers and labels</h1>"
        f'<p class="verdict {verdict}"><b>{verdict}</b>: <span>{escape(sentence)}</span></p>'
        f"<table class=list><tr>{head}</tr>{''.join(map(_row, found))}</table>"
        f"{f'<h2>Could not be used</h2><ul class=soft>{items}</ul>' if items else ''}</html>\n"
    )


def _row(window: QualityWindow) -> str:
    verdict = window.degradation.verdict
    cells = (
        str(window.release),
        window.name,
        f"{window.start:%Y-%m-%d}",
        f"{window.predictions:,}",
        f"{window.labels:,} ({window.coverage:.0%})",
    )
    plain = "".join(f"<td>{each}</td>" for each in cells)
    return f"<tr>{plain}<td class={verdict}>{verdict}</td><td>{escape(window.degradation.sentence)}</td></tr>"
