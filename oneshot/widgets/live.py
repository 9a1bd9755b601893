"""Widgets for a live kernel: the model draws anew while the slider moves."""

import sys
from collections.abc import Sequence
from time import perf_counter

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import Markdown
from torch import Tensor

from oneshot.models.generator import Generator
from oneshot.widgets.sheets import page, png

VARIATIONS, HIGHEST = 20, 2.0
"""Drawings at a time, and the end of the slider of guidance."""
STATIC = (
    "*In JupyterLab (`make lab`) a slider stands here, and the model draws new samples as you move "
    "it.*"
)
ABSENT = (
    "*Drawing live takes a trained model and drawings of the data set: `oneshot make` and `oneshot "
    "data fetch` bring them.*"
)


def has_reader() -> bool:
    """Return whether this cell was run from a notebook in front of a person.

    Notebook interfaces name the cell they run; papermill and nbconvert do not.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    return (
        "cellId" in kernel.get_parent("shell").get("metadata", {}) or "google.colab" in sys.modules
    )


def guidance_explorer(
    model: Generator | None,
    exemplars: Tensor | None,
    names: Sequence[str] = (),
) -> widgets.Widget | Markdown:
    """Return a slider of guidance under which `model` draws as it moves.

    `exemplars` (C, 1, H, W) in [0, 1] are offered by `names`, on the device of the model. The noise
    stays the same while guidance moves; a button draws other noise. Without a model, without
    exemplars or when nobody is at a kernel it returns a sentence instead, because a published page
    must not show a dead slider.
    Raises ValueError when there are names but not one for each exemplar.
    """
    if model is None or exemplars is None:
        return Markdown(ABSENT)
    names = names or [f"exemplar {number}" for number in range(len(exemplars))]
    if len(names) != len(exemplars):
        raise ValueError(f"{len(names)} names for {len(exemplars)} exemplars")
    if not has_reader():
        return Markdown(STATIC)
    return _explorer(model, exemplars, names)


def _explorer(model: Generator, exemplars: Tensor, names: Sequence[str]) -> widgets.Widget:
    wide = widgets.Layout(width="34rem")
    style = {"description_width": "5rem"}
    guidance = widgets.FloatSlider(
        1.0, min=0.0, max=HIGHEST, step=0.05, description="guidance", layout=wide, style=style
    )
    concept = widgets.Dropdown(
        options=[(str(name), number) for number, name in enumerate(names)],
        description="exemplar",
        layout=wide,
        style=style,
    )
    again = widgets.Button(description="other noise")
    picture = widgets.Image(format="png", layout=wide)
    told = widgets.Label()
    seed = 0

    def draw(change: object = None) -> None:
        start = perf_counter()
        chosen = concept.value
        assert isinstance(chosen, int)
        drawn = model.draw(
            exemplars[chosen : chosen + 1],
            VARIATIONS,
            guidance=guidance.value,
            seed=seed,
            concepts=[chosen],
        )
        picture.value = png(page(drawn[0], exemplars[chosen], columns=7, scale=2))
        told.value = f"{VARIATIONS} drawings in {1000 * (perf_counter() - start):.0f} ms"

    def other_noise(button: widgets.Button) -> None:
        nonlocal seed
        seed += 1
        draw()

    guidance.observe(draw, "value")
    concept.observe(draw, "value")
    again.on_click(other_noise)
    draw()
    return widgets.VBox([guidance, concept, picture, widgets.HBox([again, told])])
