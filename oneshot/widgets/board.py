"""The board of findings: every statement with its verdict, filtered without a script.

What is chosen is told by the style sheet, so a page works from disk, in print and without
JavaScript; what is shown is what `Finding.to_json` says, which can be downloaded beside it.
"""

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from IPython.display import HTML

from oneshot.claims.corrected import number
from oneshot.claims.sensitivity import DRAWS, Finding
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim, signed
from oneshot.widgets import assets
from oneshot.widgets.canvas import unless_empty
from oneshot.widgets.tables import Cells, grid

CLASSES = {HOLDS: "holds", FAILS: "fails", UNDECIDED: "undecided"}
MARKS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?"}
SIGNS = {HOLDS: "+", FAILS: "\u2212", UNDECIDED: "?"}
LETTERS = {
    "released critics": "R",
    "second recognition critic": "C",
    "critics of another seed": "S",
    "higher threshold of ink": "T",
    "lower threshold of ink": "B",
    "half of the drawings": "H",
    "other axis": "A",
}
MEANS = {
    "critics of another seed": "critics trained from another seed",
    "higher threshold of ink": "a higher threshold of what is ink (thinner strokes)",
    "lower threshold of ink": "a lower one (bolder strokes)",
    "half of the drawings": "half of the drawings of each concept",
    "other axis": "originality in place of diversity, and the reverse",
}


@unless_empty
def board(found: Sequence[Finding]) -> HTML:
    """Return all statements, with filters by paper, verdict and data set, and downloads."""
    papers = list(dict.fromkeys(one.part.paper for one in found))
    sets = list(dict.fromkeys(one.part.dataset for one in found))
    rows = "".join(_row(one, papers, sets) for one in found)
    choices = (
        _choice("paper", papers, "radio"),
        _choice("verdict", list(CLASSES), "checkbox"),
        _choice("data set", sets, "radio"),
    )
    parts = [
        f"<style>{assets.style('board')}{_rules(len(papers), len(sets))}</style>",
        *choices,
        f"<p>{_legend(found)}</p>",
        f'<ul class="said">{rows}</ul>',
        f'<p class="count">{_link("findings.csv", "text/csv", as_csv(found))}, '
        f"{_link('findings.json', 'application/json', as_json(found))}; </p>",
    ]
    return HTML(f'<div class="oneshot-widget oneshot-board">{"".join(parts)}</div>')


@unless_empty
def by_means(found: Sequence[Finding]) -> Cells:
    """Return of each other means how many statements come out as stated, and how many do not."""
    rows = {}
    for name in LETTERS:
        both = [{one.claim.verdict, one.again[name].verdict} for one in found if name in one.again]
        alike, turned = sum(len(verdicts) == 1 for verdicts in both), both.count({HOLDS, FAILS})
        if both:
            counts = (len(both), alike, len(both) - alike - turned, turned)
            rows[name] = [str(count) for count in counts]
    return grid(["statements", "the same", "undecided in one of both", "turned round"], rows)


def as_json(found: Iterable[Finding]) -> str:
    """Return all that is known of findings."""
    return json.dumps([one.to_json() for one in found], ensure_ascii=False)


def as_csv(found: Iterable[Finding]) -> str:
    """Return a line a finding, with a column for each verdict by other means or fewer concepts."""
    rows = [one.to_json() for one in found]
    names = dict.fromkeys(name for row in rows for name in row["again"])
    shares = dict.fromkeys(name for row in rows for name in row["fewer"])
    lines = []
    for row in rows:
        again, fewer = row.pop("again"), row.pop("fewer")
        row |= {name: again.get(name, {}).get("alone") for name in names}
        lines.append(row | {_share(name): _often(fewer.get(name, {})) for name in shares})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _link(name: str, kind: str, text: str) -> str:
    data = base64.b64encode(text.encode()).decode()
    return f'<a download="{name}" href="data:{kind};charset=utf-8;base64,{data}">{name}</a>'


def _choice(about: str, values: Sequence[str], kind: str) -> str:
    name = about.replace(" ", "")
    labels = [_label(name, kind, value, text) for value, text in enumerate(values)]
    if kind == "radio":
        labels.insert(0, _label(name, kind, "all", "all", "checked"))
    return f"<fieldset><legend>{about}</legend>{''.join(labels)}</fieldset>"


def _label(name: str, kind: str, value: int | str, text: str, checked: str = "") -> str:
    checked = "checked" if kind == "checkbox" else checked
    field = f'<input type="{kind}" name="board-{name}" value="{value}" {checked}>'
    return f"<label>{field} {escape(text)}</label>"


def _rules(papers: int, sets: int) -> str:
    """Return the style that hides what is not chosen."""
    chosen = '.oneshot-board:has([name="board-{0}"][value="{1}"]{2}) li{3}[data-{0}="{1}"]{4}'
    radios = [("paper", k) for k in range(papers)] + [("dataset", k) for k in range(sets)]
    rules = [chosen.format(name, k, ":checked", ":not(", ")") for name, k in radios]
    rules += [chosen.format("verdict", k, ":not(:checked)", "", "") for k in range(len(CLASSES))]
    return ",".join(rules) + "{display:none}"


def _row(one: Finding, papers: Sequence[str], sets: Sequence[str]) -> str:
    claim, part, told = one.claim, one.part, one.verdict.verdict
    places = {
        "paper": papers.index(part.paper),
        "verdict": list(CLASSES).index(told),
        "dataset": sets.index(part.dataset),
    }
    data = " ".join(f'data-{name}="{place}"' for name, place in places.items())
    source = f", {claim.source}" if claim.source else ""
    seeds = "one seed" if claim.seeds == 1 else f"{claim.seeds} seeds"
    sample = f"{claim.concepts} concepts, {seeds}" if claim.concepts else ""
    about = filter(None, (f"{part.paper}{source}", part.dataset, sample))
    signs = "".join(_sign(name, again) for name, again in one.again.items())
    return (
        f'<li class="{CLASSES[told]}" {data}><details><summary>'
        f'<span class="chip {CLASSES[told]}">{MARKS[told]} {told}</span>'
        f'<span class="text">{escape(claim.statement)} '
        f'<span class="from">{escape(" · ".join(about))}</span></span>'
        f'<span class="strips">{_strip(claim.interval)}'
        f'<span class="signs">{_bars(one.fewer)}{signs}</span></span>'
        f'</summary><div class="more">{_more(one)}</div></details></li>'
    )


def _strip(interval: Interval | None) -> str:
    """Return an interval beside 0 in the middle, as wide as its farther end is from there."""
    if interval is None:
        return ""
    most = max(map(abs, (interval.low, interval.high, interval.value))) or 1.0
    low, high, at = (68 + 64 * x / most for x in (interval.low, interval.high, interval.value))
    return (
        '<svg viewBox="0 0 136 18" aria-hidden="true"><line class="zero" x1="68" x2="68" y2="18"/>'
        f'<line class="reach" x1="{low:.1f}" x2="{high:.1f}" y1="9" y2="9"/>'
        f'<circle cx="{at:.1f}" cy="9" r="4.5"/></svg>'
        f'<span class="unseen">interval {signed(interval)}</span>'
    )


def _bars(fewer: Mapping[str, Mapping[str, int]]) -> str:
    """Return a small bar for each share of the concepts: how often which verdict came of it."""
    if not fewer:
        return ""
    parts, told = [], []
    for place, (name, counts) in enumerate(fewer.items()):
        told.append(f"{_share(name)}: {_often(counts)}")
        bottom = 14.0
        for verdict in CLASSES:
            height = 14 * counts.get(verdict, 0) / sum(counts.values())
            bottom -= height
            parts += [
                f'<rect class="{CLASSES[verdict]}" x="{8 * place}" y="{bottom:.1f}" width="7" '
                f'height="{height:.1f}"/>'
            ] * bool(height)
    words = "; ".join(told)
    return (
        f'<span class="few" title="{words}"><svg viewBox="0 0 23 14" aria-hidden="true">'
        f'{"".join(parts)}</svg><span class="unseen">{words}</span></span>'
    )


def _share(name: str) -> str:
    return f"{name} of the concepts"


def _often(counts: Mapping[str, int]) -> str:
    """Return verdicts and how often each came, such as "holds 3, undecided 2"."""
    return ", ".join(f"{verdict} {counts[verdict]}" for verdict in CLASSES if counts.get(verdict))


def _sign(name: str, claim: Claim) -> str:
    kind, letter = CLASSES[claim.verdict], LETTERS[name]
    told = f"{name}: {claim.verdict}"
    return (
        f'<span class="sign {kind}" title="{told}"><b aria-hidden="true">{letter}</b>'
        f'<span aria-hidden="true">{SIGNS[claim.verdict]}</span>'
        f'<span class="unseen">{told}</span></span>'
    )


def _legend(found: Sequence[Finding]) -> str:
    """Return what the strips, bars and small signs stand for, of those that there are."""
    told = ["Each strip is a 95 % interval beside 0 (dashed), as far as it reaches."]
    if shares := dict.fromkeys(name for one in found for name in one.fewer):
        *most, last = shares
        marks = ", ".join(f'<i class="{kind}"></i> {word}' for word, kind in CLASSES.items())
        told.append(
            f"Small bars are the same test on {', '.join(most)} and {last} of the concepts, each "
            f"drawn {DRAWS} times, and how often it came out how ({marks})."
        )
    if names := dict.fromkeys(name for one in found for name in one.again):
        signs = f"{SIGNS[HOLDS]} holds, {SIGNS[FAILS]} does not hold, {SIGNS[UNDECIDED]} undecided"
        means = [f"{LETTERS[n]} {MEANS.get(n, f'the {n}')}" for n in names]
        told.append(f"Letters are the same test by other means ({signs}): {'; '.join(means)}.")
    alone = ["Bars and letters go by the interval alone."] * (len(told) > 1)
    return " ".join([*told, *alone])


def _more(one: Finding) -> str:
    claim, verdict = one.claim, one.verdict
    tested = ""
    if claim.p is not None and verdict.p is not None:
        tested = f"p {number(claim.p)}, among all of its paper {number(verdict.p)}. "
    lines = [f"Measured: {claim.evidence}.", f"{tested}{_sentence(verdict.why)}"]
    if one.joint:
        sets = " and ".join(one.joint.datasets)
        lines.append(f"{sets} together: {one.joint.verdict} (p {number(one.joint.p)}).")
    text = "".join(f"<p>{escape(line)}</p>" for line in [*lines, _sentence(claim.note)] if line)
    rows = {"as stated": [signed(claim.interval), claim.verdict]} if claim.interval else {}
    rows |= {n: [signed(c.interval), c.verdict] for n, c in one.again.items() if c.interval}
    rows |= {_share(name): ["", _often(counts)] for name, counts in one.fewer.items()}
    more = one.again or one.fewer
    table = grid(["interval", "by it alone"], rows, wrapped=True).data if more else ""
    return f"{text}{table}"


def _sentence(words: str) -> str:
    return words and f"{words[0].upper()}{words[1:]}."
