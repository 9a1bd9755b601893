"""The figure of which score tells what from people."""

from collections.abc import Mapping

from IPython.display import Markdown

from oneshot.evaluations.failures import COMPARED, seen
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import PLANE_SCORES
from oneshot.systems import label
from oneshot.widgets.canvas import MODEL_COLOUR, Plot, plot, unless_empty

LABELS = {"memory": "from training", "second": "second critic"}
"""What scores are called that are not called by their names."""
LESS, MORE, NEAR = "#26727a", MODEL_COLOUR, "#efece2"


@unless_empty
def matrix(rows: Mapping[str, Mapping[str, Interval]]) -> Plot:
    """Return a square for each row and score: by how many percent of people's score it is off.

    `rows` are `evaluations.failures.gaps` by name. Filled with colour is what is seen: less than
    people have, or more. The scores of the planes stand left of the line.
    """
    scores = [name for name in COMPARED if any(name in gaps for gaps in rows.values())]
    names = [label(name) for name in rows]
    with plot(1.9 + 0.56 * len(scores), 1.5 + 0.36 * len(rows)) as (figure, (axes,)):
        for down, gaps in enumerate(rows.values()):
            found = seen(gaps)
            for across, score in enumerate(scores):
                if score in gaps:
                    figure.note(name=names[down], score=score_label(score), off=gaps[score])
                    _square(axes, across, down, gaps[score].value, score in found)
        axes.set_xticks(range(len(scores)), [score_label(name) for name in scores])
        axes.tick_params(length=0, labelbottom=False, labeltop=True)
        for text in axes.get_xticklabels():
            text.set(rotation=40, ha="left", va="bottom", rotation_mode="anchor")
        axes.set_yticks(range(len(rows)), names)
        axes.set(xlim=(-0.5, len(scores) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        axes.axvline(sum(name in PLANE_SCORES for name in scores) - 0.5, color="0.3", linewidth=1.2)
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def separations(rows: Mapping[str, Mapping[str, Interval]]) -> Markdown:
    """Return in words by which scores each row is told from people, the plane's first."""
    lines = []
    for name, gaps in rows.items():
        found = seen(gaps)
        plane, others = (
            [score_label(one) for one in found if (one in PLANE_SCORES) == known]
            for known in (True, False)
        )
        on = f"by {', '.join(plane)}" if plane else "not at all"
        beyond = f"by {', '.join(others)}" if others else "by none"
        more = f"; of the other scores {beyond}" if gaps.keys() - set(PLANE_SCORES) else ""
        lines.append(f"- **{label(name)}** is told from people on the plane {on}{more}.")
    return Markdown("\n".join(lines) or "*There is nothing to compare yet.*")


def score_label(score: str) -> str:
    """Return what a page calls a score."""
    return LABELS.get(score, score)


def _square(axes, across: int, down: int, gap: float, found: bool) -> None:
    colour = (MORE if gap > 0 else LESS) if found else NEAR
    axes.fill_between(
        [across - 0.46, across + 0.46], down - 0.44, down + 0.44, color=colour, linewidth=0
    )
    percent = round(100 * gap)
    text = f"{percent:+d}".replace("-", "\u2212") if abs(percent) < 1000 else "\u226b"
    style = {"ha": "center", "va": "center", "fontsize": 8}
    axes.text(across, down, text if percent else "0", color="white" if found else "0.4", **style)
