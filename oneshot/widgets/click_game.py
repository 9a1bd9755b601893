"""A game of the ClickMe kind that a reader plays against a critic in the browser, without a kernel.

The reader uncovers parts of a drawing until the recognition critic names it. The critic travels in
the page as an ONNX file, its weights in 16 bits, and is run by what the book carries, or by the
kernel where there is one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, TypeGuard

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import HTML, Markdown, display
from numpy.typing import ArrayLike
from torch import Tensor

from oneshot.attribution.human import SIGMA
from oneshot.evenly import evenly
from oneshot.export import critic_graph
from oneshot.metrics.features import embed, folded, prepare
from oneshot.models.critics import ConvCritic, Critic, PatchCritic
from oneshot.onnx_files import ExportError, encoded
from oneshot.widgets.assets import bundle, style
from oneshot.widgets.importance import stretched

ROUNDS = 6
REACH = 4  # px around a click that are uncovered


class ClickGame(anywidget.AnyWidget):
    """Covered drawings, a critic that guesses, and the reader's clicks as importance maps.

    The drawings are the `exemplars` (N, 1, H, W) in [0, 1], also the candidates among which
    `critic` chooses; it must look at pages of that side, binarised at `threshold`. `maps` are maps
    (N, H, W) by name, shown beside the reader's own after each of `rounds` drawings, which lie
    evenly among the N, and together at the end. What has been played is in `games`, stays in the
    reader's browser, and a button saves it as a file that `oneshot.attribution.human.read` reads.

    Raises ValueError for another kind of critic, or when sides, names or maps do not fit.
    """

    _esm = bundle("engine", "parts", "click_game")
    _css = style("click_game")

    side = traitlets.Int().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    drawings = traitlets.Bytes().tag(sync=True)
    threshold = traitlets.Float().tag(sync=True)
    network = traitlets.Bytes().tag(sync=True)
    supports = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    reach = traitlets.Int(REACH).tag(sync=True)
    sigma = traitlets.Float(SIGMA).tag(sync=True)
    rounds = traitlets.List(traitlets.Int()).tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    games = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        critic: ConvCritic | PatchCritic,
        exemplars: Tensor,
        names: Sequence[str],
        threshold: float,
        maps: Mapping[str, ArrayLike] | None = None,
        rounds: int = ROUNDS,
    ):
        side = exemplars.shape[-1]
        pages = {label: np.asarray(page) for label, page in (maps or {}).items()}
        if not _fits(critic, side):
            raise ValueError(
                f"the game runs a ConvCritic or PatchCritic of pages {side} px wide in the "
                f"browser, not a {type(critic).__name__} of {critic.side} px"
            )
        if len(names) != len(exemplars) or len(names) < 2:
            raise ValueError(f"{len(names)} names for {len(exemplars)} exemplars, at least two")
        if wrong := {k: v.shape for k, v in pages.items() if v.shape != (len(names), side, side)}:
            raise ValueError(f"maps must be ({len(names)}, {side}, {side}), got {wrong}")
        drawings = _levels(exemplars.cpu().numpy())
        super().__init__(
            side=side,
            names=[str(name) for name in names],
            drawings=drawings.tobytes(),
            threshold=threshold,
            network=encoded(critic_graph(critic), "float16"),
            supports=_supports(critic, torch.from_numpy(drawings), threshold),
            labels=list(pages),
            rounds=evenly(len(names), rounds).tolist(),
            name=hashlib.sha256(drawings.tobytes()).hexdigest()[:12],
            maps=b"".join(_levels(stretched(page)).tobytes() for page in pages.values()),
        )

        self._critic = critic
        self.on_msg(self._asked)

    def _asked(self, _: Any, asked: dict[str, Any], buffers: list[Any]) -> None:
        """Answer a page with a kernel: the features of what is uncovered."""
        if asked.get("kind") == "look":
            page = np.frombuffer(buffers[0], "<f4").reshape(1, 1, self.side, self.side)
            features = embed(self._critic, page, self.threshold, name="looking")[0]
            self.send({"id": asked["id"], "done": True, "features": features.tolist()})

    def show(self) -> None:
        """Display the game, and a sentence for browsers without JavaScript."""
        note = f"A game with {len(self.rounds)} drawings is played here when JavaScript is on."
        display(HTML(f"<noscript><p><em>{escape(note)}</em></p></noscript>"))
        display(self)


def play(
    critic: Critic,
    exemplars: Tensor,
    names: Sequence[str],
    threshold: float,
    maps: Mapping[str, ArrayLike],
    rounds: int = ROUNDS,
) -> None:
    """Show a `ClickGame`, or say in words that this critic cannot come into the page."""
    if _fits(critic, exemplars.shape[-1]):
        try:
            ClickGame(critic, exemplars, names, threshold, maps, rounds).show()
        except ExportError as error:
            display(Markdown(f"*No game here: {error}.*"))
        return
    display(
        Markdown(
            f"*No game here: the recognition critic of this page, a {type(critic).__name__} of "
            f"{critic.side} px, is not one that a browser can run. Presets `smoke` and `laptop` "
            "have one.*"
        )
    )


def _fits(critic: Critic, side: int) -> TypeGuard[ConvCritic | PatchCritic]:
    return isinstance(critic, ConvCritic | PatchCritic) and critic.side == side


@torch.no_grad()
def _supports(critic: Critic, exemplars: Tensor, threshold: float) -> bytes:
    """Return the features (N, K) of the exemplars (N, 1, H, W), uint8, as float32."""
    device = next(critic.parameters()).device
    pages = prepare(exemplars.to(device), critic.side, threshold)
    return folded(critic)(pages).cpu().numpy().astype("<f4").tobytes()


def _levels(values: np.ndarray) -> np.ndarray:
    return np.rint(255 * values).astype(np.uint8)
