"""A game of the ClickMe kind that a reader plays against a critic in the browser, without a kernel.

The reader uncovers parts of a drawing until the recognition critic names it. The critic's weights
travel in the page, 16 bits each, and its forward pass is a few loops of JavaScript.
"""

from collections.abc import Mapping, Sequence
from html import escape

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import HTML, Markdown, display
from numpy.typing import ArrayLike
from torch import Tensor, nn

from oneshot.attribution.human import SIGMA
from oneshot.metrics.features import folded, prepare
from oneshot.models.critics import BasicBlock, ConvCritic, Critic, PatchCritic
from oneshot.widgets.assets import script, style
from oneshot.widgets.importance import stretched

REACH = 4  # px around a click that are uncovered


class ClickGame(anywidget.AnyWidget):
    """Covered drawings, a critic that guesses, and the reader's clicks as importance maps.

    The drawings are the `exemplars` (N, 1, H, W) in [0, 1], also the candidates among which
    `critic` chooses; it must look at pages of that side, binarised at `threshold`. `maps` are maps
    (N, H, W) by name, shown beside the reader's own when a game is over. What has been played is in
    `games`, and the button saves it as a file that `oneshot.attribution.human.read` reads.

    Raises ValueError for another kind of critic, or when sides, names or maps do not fit.
    """

    _esm = script("click_game")
    _css = style("click_game")

    side = traitlets.Int().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    drawings = traitlets.Bytes().tag(sync=True)
    threshold = traitlets.Float().tag(sync=True)
    layers = traitlets.List(traitlets.Dict()).tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    supports = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    reach = traitlets.Int(REACH).tag(sync=True)
    sigma = traitlets.Float(SIGMA).tag(sync=True)
    games = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        critic: ConvCritic | PatchCritic,
        exemplars: Tensor,
        names: Sequence[str],
        threshold: float,
        maps: Mapping[str, ArrayLike] | None = None,
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
        layers, weights = packed(critic)
        drawings = _levels(exemplars.cpu().numpy())
        super().__init__(
            side=side,
            names=[str(name) for name in names],
            drawings=drawings.tobytes(),
            threshold=threshold,
            layers=layers,
            weights=weights,
            supports=_supports(critic, torch.from_numpy(drawings), threshold),
            labels=list(pages),
            maps=b"".join(_levels(stretched(page)).tobytes() for page in pages.values()),
        )

    def show(self) -> None:
        """Display the game, and a sentence for browsers without JavaScript."""
        note = f"A game with {len(self.names)} drawings is played here when JavaScript is on."
        display(HTML(f"<noscript><p><em>{escape(note)}</em></p></noscript>"))
        display(self)


def play(
    critic: Critic,
    exemplars: Tensor,
    names: Sequence[str],
    threshold: float,
    maps: Mapping[str, ArrayLike],
) -> None:
    """Show a `ClickGame`, or say in words that this critic cannot come into the page."""
    if _fits(critic, exemplars.shape[-1]):
        ClickGame(critic, exemplars, names, threshold, maps).show()
        return
    display(
        Markdown(
            f"*No game here: the recognition critic of this page, a {type(critic).__name__} of "
            f"{critic.side} px, is not one that a browser can run. Presets `smoke` and `laptop` "
            "have one.*"
        )
    )


def _fits(critic: Critic, side: int) -> bool:
    return isinstance(critic, ConvCritic | PatchCritic) and critic.side == side


def packed(critic: ConvCritic | PatchCritic) -> tuple[list[dict[str, object]], bytes]:
    """Return the layers of a critic and their weights as numbers of 16 bits, little-endian.

    Batch norms are folded into the convolutions and the two matrices at the end, which have nothing
    between them, multiplied. Each layer gives its weights (outs, ins, size, size), then its biases.
    A convolution reads the result number `reads`, where the page is 0 and each layer adds one, and
    adds to it the result number `adds`, unless that is None.
    """
    network = folded(critic).cpu()
    layers, tensors = [], []

    def lay(convolution: nn.Conv2d, **how: object) -> int:
        layers.append(
            {
                "ins": convolution.in_channels,
                "outs": convolution.out_channels,
                "size": convolution.kernel_size[0],
                "stride": convolution.stride[0],
                "padding": convolution.padding[0],
                **{"reads": len(layers), "adds": None, "relu": True, "pool": False, **how},
            }
        )
        tensors.extend([convolution.weight, convolution.bias])
        return len(layers)

    for module in network.encoder:
        if isinstance(module, nn.Conv2d):
            lay(module)
        elif isinstance(module, BasicBlock):
            before = len(layers)
            inner = lay(module.body[0])
            shortcut = [m for m in module.shortcut if isinstance(m, nn.Conv2d)]
            across = lay(shortcut[0], reads=before, relu=False) if shortcut else before
            lay(module.body[3], reads=inner, adds=across)
        elif isinstance(module, nn.Sequential):
            lay(module[0], pool=any(isinstance(m, nn.MaxPool2d) for m in module))
    weight, bias = network.embedding.weight, network.embedding.bias
    if network.features == "head":
        bias = network.head.weight @ bias + network.head.bias
        weight = network.head.weight @ weight
    layers.append({"ins": weight.shape[1], "outs": weight.shape[0], "size": 1})
    numbers = torch.cat([tensor.flatten() for tensor in (*tensors, weight, bias)])
    return layers, numbers.numpy().astype("<f2").tobytes()


@torch.no_grad()
def _supports(critic: Critic, exemplars: Tensor, threshold: float) -> bytes:
    """Return the features (N, K) of the exemplars (N, 1, H, W), uint8, as float32."""
    device = next(critic.parameters()).device
    pages = prepare(exemplars.to(device), critic.side, threshold)
    return folded(critic)(pages).cpu().numpy().astype("<f4").tobytes()


def _levels(values: np.ndarray) -> np.ndarray:
    return np.rint(255 * values).astype(np.uint8)
