"""Tables of scores and of statements, the same on every page."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape, unescape
from typing import Any

from IPython.display import HTML, Markdown

from oneshot import systems
from oneshot.claims.statement import power
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import UNTESTED, Claim
from oneshot.widgets.canvas import unless_empty
from oneshot.widgets.rows import Rows

ALONE = (
    "Each verdict is that of its interval alone; the board of findings corrects for how many "
    "statements a paper makes."
)
Column = str | Callable[[Any], Any]


class Cells(Rows, HTML):
    """A table in HTML, with the rows of numbers that it shows."""


class Verdicts(Rows, Markdown):
    """Statements and their verdicts in Markdown, with the rows of what was measured."""


@unless_empty
def table(rows: Mapping[str, Any], columns: Mapping[str, Column]) -> Cells:
    """Return records by name with what stands in some columns, by heading.

    A column is one of a record, or a function of it. Small numbers are 95 % intervals; what is
    counted in percent has one decimal, all else three.
    """
    lines, noted = {}, []
    for name, one in rows.items():
        values = [c(one) if callable(c) else _of(one, c) for c in columns.values()]
        noted.append({"name": systems.label(name)} | dict(zip(columns, values, strict=True)))
        lines[systems.label(name)] = [
            cell(value, 1 if "%" in head else 3)
            for head, value in zip(columns, values, strict=True)
        ]
    return grid(list(columns), lines, noted=noted)


@unless_empty
def runs(found: Any, distances: Mapping[tuple, Interval | None]) -> Cells:
    """Return regularized runs, by name and seed, nearest to human first, with what they took.

    `distances` are theirs to human, by identity.
    """
    far = {key: value.value if value else 0.0 for key, value in distances.items()}
    rows = {systems.HUMAN: found.human} if found.human else {}
    for one in sorted(found.models, key=lambda one: far[one.identity]):
        rows[one.regularization + f", seed {one.seed}" * bool(one.seed)] = one
    columns: dict[str, Column] = {"originality": "originality"}
    columns |= {"recognizability (%)": "recognizability"}
    columns |= {"distance to human": lambda one: distances.get(one.identity)}
    columns |= {
        "hours": lambda one: f"{one.training['seconds'] / 3600:.2f}" if one.training else ""
    }
    return table(rows, columns)


def grid(
    head: Sequence[str],
    rows: Mapping[str, Sequence[str]],
    wrapped: bool = False,
    noted: Sequence[Mapping[str, Any]] = (),
) -> Cells:
    """Return a table of cells in HTML, with a heading for each column and row.

    `noted` are the rows of its file, by column; the cells as they are shown when there are none.
    """
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    row = {name: '<tr class="human">' if name == systems.HUMAN else "<tr>" for name in rows}
    body = "".join(
        f"{row[name]}<th>{escape(name)}</th>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"
        for name, texts in rows.items()
    )
    kind = "scores wrapped" if wrapped else "scores"
    body = f"<thead><tr><th></th>{top}</tr></thead><tbody>{body}</tbody>"
    table = Cells(f'<table class="{kind}">{body}</table>')
    shown = [{"name": name} | dict(zip(head, texts, strict=True)) for name, texts in rows.items()]
    for row in noted or shown:
        table.note(**{column: plain(value) for column, value in row.items()})
    return table


def plain(value: Any) -> Any:
    """Return what a file says of a cell: text without markup, all else as it is."""
    return unescape(re.sub("<[^>]+>", "", value)).strip() if isinstance(value, str) else value


def cell(value: Any, digits: int = 3) -> str:
    """Return a value, with its interval in small print; "" for none."""
    if value is None:
        return ""
    if not isinstance(value, Interval):
        return f"{value:,.0f}" if isinstance(value, float) else str(value)
    # adding 0.0 makes -0.0 positive
    bounds = (value.value, value.low, value.high)
    middle, low, high = (f"{round(x, digits) + 0.0:.{digits}f}" for x in bounds)
    until = " to " if value.low < 0 else "–"
    return f"{middle} <small>{low}{until}{high}</small>".replace("-", "−")


def verdicts(claims: Sequence[Claim]) -> Verdicts:
    """Return statements, what was measured of them, the verdicts, and notes on what does not hold.

    Where each is from, of what paper the page says, stands after it. Verdicts are of each interval
    alone, which the last line says; the board of findings corrects them.
    """
    tested = [claim for claim in claims if claim.verdict != UNTESTED]
    notes = ["; ".join(filter(None, (power(claim), claim.note))) for claim in tested]
    noted = any(notes)
    lines = []
    if tested:
        lines += ["| statement | measured, with 95 % interval | verdict |" + " note |" * noted]
        lines += ["|---" * (3 + noted) + "|"]
    for claim, note in zip(tested, notes, strict=True):
        told = f"{claim.statement} ({claim.source})" if claim.source else claim.statement
        line = f"| {told} | {claim.evidence} | **{claim.verdict}** |"
        lines.append(line + f" {note} |" * noted)
    if tested:
        lines += ["", ALONE]
    if left := [claim.statement.rstrip(".") for claim in claims if claim.verdict == UNTESTED]:
        lines += ["", f"Not tested yet, because scores are missing: {'; '.join(left)}."]
    table = Verdicts("\n".join(lines) or "*There is nothing to compare yet.*")
    for claim, note in zip(tested, notes, strict=True):
        told = {"measured": claim.interval, "evidence": claim.evidence, "note": note}
        table.note(statement=claim.statement, source=claim.source, verdict=claim.verdict, **told)
    return table


def _of(one: Any, column: str) -> Any:
    return one[column] if hasattr(one, "identity") else getattr(one, column)
