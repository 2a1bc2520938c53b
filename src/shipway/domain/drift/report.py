"""report.html: one run on one page that needs nothing else: no script, no font, no picture from anywhere."""

from html import escape

from shipway.domain.drift.analysis import Analysis, FeatureDrift
from shipway.domain.drift.judge import HorizonDrift, Standing
from shipway.domain.plot import distribution, number

STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1c2430;--soft:#5b6675;--line:#d9dfe7;--base:#c9d3df;--live:#0b63ce;
--bad:#b3261e;--good:#1e7b46;--dim:#8a6d00}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--ink:#e6ebf2;--soft:#9aa7b6;--line:#2b333e;--base:#3b4756;
--live:#6cb0ff;--bad:#ff8a80;--good:#6fd39b;--dim:#e0c060}}
@media print{:root{--page:#fff;--ink:#000;--soft:#444;--line:#bbb;--base:#ccc;--live:#0b4da2;--bad:#a00;--good:#060;
--dim:#660}body{margin:0;font-size:10px}.cards{grid-template-columns:1fr 1fr!important}}
*{box-sizing:border-box}body{margin:2rem auto;max-width:72rem;padding:0 1rem;background:var(--page);color:var(--ink);
font:14px/1.45 system-ui,sans-serif}h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.3rem 0}.soft,small{color:var(--soft)}.verdict{font-size:1.1rem;border-left:4px solid;padding-left:.7rem}
.fail,.drift{color:var(--bad)}.pass,.stable{color:var(--good)}.inconclusive,.insufficient,.skipped{color:var(--dim)}
.verdict span{color:var(--ink)}.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr))}
article{border:1px solid var(--line);border-radius:6px;padding:.7rem;break-inside:avoid}
article h3{margin:0;font-size:1rem;display:flex;justify-content:space-between;gap:.5rem;overflow-wrap:anywhere}
article h3 b{font-weight:600;font-size:.85rem}svg{width:100%;height:auto;display:block;margin:.4rem 0}
svg .base{fill:var(--base)}svg .live{fill:none;stroke:var(--live);stroke-width:1.6}
svg .bar{fill:var(--live);stroke:none}
svg .axis{stroke:var(--line)}svg text{fill:var(--soft);font-size:10px}svg .end{text-anchor:end}
svg .mid{text-anchor:middle}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.85rem}
th,td{text-align:right;padding:.1rem .3rem;font-weight:400}th:first-child,td:first-child{text-align:left}
th{color:var(--soft)}tr+tr td{border-top:1px solid var(--line)}.list td,.list th{text-align:left;vertical-align:top}
.key i{display:inline-block;width:1.1rem;height:.7rem;background:var(--base);margin:0 .3rem 0 .8rem}
.key i.l{background:none;border-top:2px solid var(--live);height:.35rem}
"""


def report_page(analysis: Analysis, title: str) -> str:
    """Return the page of one run, worst feature first. title: whose data it is, an endpoint's name, say."""
    verdict = analysis.verdict
    cards = "".join(map(_card, analysis.features))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}: {verdict}</title><style>{STYLE}</style>"
        f"<h1>{escape(title)}</h1><p class=soft>{escape(_window(analysis))}</p>"
        f'<p class="verdict {verdict}"><b>{verdict}</b>: <span>{escape(analysis.sentence)}</span></p>'
        f"<p>{escape(_rule(analysis))}</p>{_notes(analysis)}{_violations(analysis)}"
        f"<h2>Features, worst first</h2><p class='soft key'><i></i>baseline<i class=l></i>live</p>"
        f"<div class=cards>{cards}</div></html>\n"
    )


def _window(analysis: Analysis) -> str:
    rows = analysis.records.get("window_rows", 0)
    return f"{analysis.start} to {analysis.end}: {rows:,} rows, against a baseline of {analysis.baseline_rows:,}"


def _rule(analysis: Analysis) -> str:
    compared = [feature for feature in analysis.features if feature.standing is not Standing.SKIPPED]
    if analysis.mode == "sagemaker":
        return "The numbers are SageMaker Model Monitor's: its distances against its thresholds, for each window alone."
    told = [feature.worst.detectable for feature in compared if feature.worst.detectable is not None]
    least = f" The smallest drift that would have been told: {min(told):.2f} to {max(told):.2f}." if told else ""
    return (
        f"Drift is what of a distance can't be chance, above the tolerance. {analysis.budget:g} false alarms are "
        f"allowed in 30 days over all {len(compared)} features.{least}"
    )


def _notes(analysis: Analysis) -> str:
    counted = {key: count for key, count in analysis.records.items() if key in PROBLEMS and count}
    said = [f"{count:,} {PROBLEMS[key]}" for key, count in counted.items()]
    items = "".join(f"<li>{escape(note)}" for note in (*said, *analysis.notes))
    return f"<ul class=soft>{items}</ul>" if items else ""


PROBLEMS = {
    "malformed": "malformed lines",
    "duplicates": "records that had been read already",
    "outside": "records outside of the time that is looked at",
    "binary": "records without rows, as pictures are",
    "unreadable_files": "unreadable files",
}


def _violations(analysis: Analysis) -> str:
    rows = "".join(
        f"<tr><td>{escape(str(one['feature_name']))}<td>{escape(str(one['constraint_check_type']))}"
        f"<td>{escape(str(one['description']))}"
        for one in analysis.violations
        if one["constraint_check_type"] != "baseline_drift_check"
    )
    return f"<h2>Data quality</h2><table class=list><tr><th>feature<th>check<th>found{rows}</table>" if rows else ""


def _card(feature: FeatureDrift) -> str:
    standing = feature.standing
    label = f"{feature.name}: baseline and live distribution"
    plot = distribution(feature.plot, label) if feature.plot else ""
    source = " <small>answer</small>" if feature.source == "output" else ""
    rows = "".join(map(_horizon, feature.horizons)) if standing is not Standing.SKIPPED else ""
    head = "<tr><th>over<th>rows<th>distance<th>beyond chance<th>detectable" if rows else ""
    return (
        f"<article><h3><span>{escape(feature.name)}{source}</span><b class={standing}>{standing}</b></h3>"
        f"{plot}<table>{head}{rows}</table></article>"
    )


def _horizon(seen: HorizonDrift) -> str:
    told = seen.standing in {Standing.DRIFT, Standing.STABLE}
    score = f"<b class={seen.standing}>{seen.score:.3f}</b>" if told else "too few rows"
    least = f"{seen.detectable:.2f}" if seen.detectable is not None else "–"
    return f"<tr><td>{escape(seen.horizon)}<td>{number(seen.rows)}<td>{seen.distance:.3f}<td>{score}<td>{least}"
