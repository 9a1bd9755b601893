"""A pad to draw on, and what the models make of the drawing: in the book, and with a kernel."""

from dataclasses import asdict, dataclass
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import HTML, display
from torch import Tensor

from oneshot import store, systems
from oneshot.drawings import sketchbook
from oneshot.drawings.reading import SIDE
from oneshot.evaluations.record import HUMAN
from oneshot.evaluations.table import read
from oneshot.metrics.single import judge
from oneshot.recipes.results import quantise
from oneshot.recipes.rivals import UNHOUSED, rivals
from oneshot.recipes.together import ANY
from oneshot.widgets.assets import bundle, style

COUNT = 16


@dataclass(frozen=True)
class Choice:
    """A model of the pad: a system, the data set it learned, and the data set that judges it.

    `label` is what the pad calls it, `about` what it calls the data set of the judges; `steps` are
    those of the sampler, None for as many as the system takes elsewhere.
    """

    system: str
    dataset: str
    judges: str
    label: str
    about: str
    steps: int | None = None

    @property
    def name(self) -> str:
        """The name in links and of the file that the book carries."""
        return f"{self.system}-{self.dataset}"

    @property
    def direct(self) -> bool:
        """Whether the system draws at once and is not guided."""
        return not getattr(systems.recipe(self.system, self.dataset), "drawing", None)


MODELS = (
    Choice("ldm", ANY, UNHOUSED, "anything (LDM, all data)", "Quick, Draw!"),
    Choice("vae-elastic", "omniglot", UNHOUSED, "anything, bent (VAE-Elastic)", "Quick, Draw!"),
    Choice("ldm", "omniglot", "omniglot", "letters (LDM, Omniglot)", "Omniglot"),
    Choice("cfgdm", "omniglot", "omniglot", "letters (CFGDM, Omniglot)", "Omniglot", steps=10),
)
"""What the pad offers, its default first."""


@dataclass(frozen=True)
class Judges:
    """The critics of a data set, and what they judge a drawing of the reader's against."""

    originality: torch.nn.Module
    recognition: torch.nn.Module
    rivals: Tensor
    unit: float
    threshold: float

    @classmethod
    def of(cls, dataset: str, size: str = "laptop", weights: str = "float32") -> "Judges":
        """Return those of a data set, from the store, with weights of a kind of `export`."""
        recipe = rivals(dataset, size)
        against = store.get(recipe)
        critics = [store.get(critic) for critic in (recipe.originality, recipe.recognition)]
        if weights != "float32":
            from oneshot import onnx_files
            from oneshot.export import critic_graph

            files = [onnx_files.encoded(critic_graph(critic), weights) for critic in critics]
            critics = [onnx_files.Session(file, recipe.concepts.drawings.side) for file in files]
        originality, recognition = critics
        threshold = recipe.concepts.threshold
        return cls(originality, recognition, against.features, against.unit, threshold)

    def __call__(self, drawings: Tensor, exemplar: Tensor) -> list[dict[str, float]]:
        """Return originality and the chance to be known of drawings (V, 1, H, W) of one exemplar.

        `exemplar` is (1, 1, H, W), both are in [0, 1].
        """
        found = judge(
            drawings,
            exemplar,
            self.originality,
            self.recognition,
            rivals=self.rivals,
            unit=self.unit,
            threshold=self.threshold,
        )
        pairs = zip(*(values.tolist() for values in found), strict=True)
        return [{"originality": far, "known": chance} for far, chance in pairs]


class Sketchpad(anywidget.AnyWidget):
    """Draw one thing, and sixteen variations of it appear step by step.

    With a kernel the models run in it, and `exemplar` and `variations` are what was drawn; in the
    built book the same pad runs them in the browser. `state` holds strokes and settings.
    """

    _esm = bundle("raster", "engine", "parts", "pad_parts", "pad")
    _css = style("pad")

    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    sketches = traitlets.List(traitlets.Dict()).tag(sync=True)
    count = traitlets.Int(COUNT).tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    exemplar: Tensor | None = None
    """What is on the pad, (1, 1, 48, 48) in [0, 1]; None before anything is."""
    variations: Tensor | None = None
    """What the model drew last, (16, 1, 48, 48) in [0, 1]."""
    scores: list[dict[str, float]]
    """Originality and the chance to be known of each of them."""

    def __init__(self):
        super().__init__(models=choices(), sketches=sketches())
        self.scores = []
        self._judges: dict[str, Judges] = {}
        self.on_msg(self._asked)

    def show(self) -> None:
        """Display the pad, and a sentence for browsers without JavaScript."""
        note = "A pad to draw on is here when JavaScript is on."
        display(HTML(f"<noscript><p><em>{note}</em></p></noscript>"))
        display(self)

    def _asked(self, _: Any, asked: dict[str, Any], buffers: list[Any]) -> None:
        """Answer a question of the page, or say why that is not possible."""
        acts = {"draw": self._draw, "judge": self._judge}
        if asked.get("kind") not in acts:
            return
        try:
            pages = np.frombuffer(buffers[0], "<f4").reshape(-1, 1, SIDE, SIDE)
            told, sent = acts[asked["kind"]](torch.from_numpy(pages.copy()), asked)
        except Exception as error:  # the reader is at the page, not at the kernel's log
            told, sent = {"error": str(error) or type(error).__name__}, []
        self.send({"id": asked["id"], "done": True} | told, sent)

    def _draw(self, exemplar: Tensor, asked: dict[str, Any]) -> tuple[dict, list[bytes]]:
        recipe = systems.recipe(asked["system"], asked["dataset"])
        model, device = store.get(recipe), store.default().device
        page, count, seed = exemplar.to(device), asked["variations"], int(asked["seed"])
        drawing = getattr(recipe, "drawing", None)
        if not drawing:
            drawn = model.draw(page, count, seed=seed, concepts=[0])
            return self._drew(exemplar, drawn, 1)
        steps = asked.get("steps") or drawing["steps"]

        def seen(step: Any) -> None:
            x = step.x[0]
            pages = model.decode(x) if hasattr(model, "decode") else (x + 1) / 2
            about = {"id": asked["id"], "step": step.index, "steps": steps}
            self.send(about, [quantise(pages).numpy().tobytes()])

        drawn = model.draw(
            page,
            count,
            guidance=float(asked["guidance"]),
            seed=seed,
            steps=int(steps),
            concepts=[0],
            callback=seen,
        )
        return self._drew(exemplar, drawn, steps)

    def _drew(self, exemplar: Tensor, drawn: Tensor, steps: int) -> tuple[dict, list[bytes]]:
        variations = drawn[0].float().cpu()
        self.exemplar, self.variations = exemplar, variations
        return {"steps": steps}, [variations.numpy().tobytes()]

    def _judge(self, pages: Tensor, asked: dict[str, Any]) -> tuple[dict, list[bytes]]:
        dataset = asked["dataset"]
        if dataset not in self._judges:
            self._judges[dataset] = Judges.of(dataset)
        self.scores = self._judges[dataset](pages[1:], pages[:1])
        return {"scores": self.scores}, []


def page() -> dict[str, Any]:
    """Return the pad's model as a page without kernel keeps it, in the form of a notebook."""
    return {
        "model_name": "AnyModel",
        "state": {
            "_esm": Sketchpad._esm,
            "_css": Sketchpad._css,
            "models": choices(),
            "sketches": sketches(),
            "count": COUNT,
            "state": {},
        },
    }


def choices() -> list[dict[str, Any]]:
    """Return what the pad offers: each model, and the plane its drawings are shown on."""
    return [
        asdict(choice)
        | {"name": choice.name, "direct": choice.direct, "systems": _plane(choice.judges)}
        for choice in MODELS
    ]


def sketches() -> list[dict[str, Any]]:
    """Return the sketchbook as the page reads it: names, and strokes [[[x, y], ...], ...]."""
    return [
        {"name": name, "strokes": [stroke.astype(int).tolist() for stroke in strokes]}
        for name, strokes in sketchbook.drawings().items()
    ]


def _plane(dataset: str) -> list[dict[str, Any]]:
    """Return people and systems as points: originality in human units, recognizability in %."""
    shown = {"dataset": dataset, "size": "laptop", "split": "category", "critics": "own"}
    table = read().where(**shown)
    people = table.human
    if people is None:
        return []
    unit = np.mean(people.per_concept["scale"])
    return [
        {
            "label": systems.label(record.system),
            "x": round(float(np.mean(record.per_concept["distance"]) / unit), 4),
            "y": round(record.recognizability.value, 2),
            "human": record.system == HUMAN,
        }
        for record in (people, *table.defaults().systems.values())
    ]
