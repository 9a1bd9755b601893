"""What autoencoders make of drawings, side by side.

Each function takes networks by name, (N, 1, H, W) to latents (N, d) with `encode` and back with
`decode`, and shows what there is; without any network it is a sentence that says so.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import numpy as np
import torch
from IPython.display import Markdown
from torch import Tensor

from oneshot.drawings.concepts import ConceptSet
from oneshot.evenly import evenly
from oneshot.metrics.latents import between, principal_plane
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.widgets.canvas import Plot, plot
from oneshot.widgets.sheets import Sheet, contact_sheet

STEPS = 9
"""Latents from one exemplar to another."""


def drawings_of(concepts: ConceptSet | None, split: str, count: int, each: int) -> Tensor | None:
    """Return drawings (C, N, 1, H, W) of evenly chosen concepts, None without concepts.

    The first drawing of each concept is its exemplar.
    """
    if concepts is None:
        return None
    ids = concepts.of(split)
    ids = ids[evenly(len(ids), count)]
    pages = torch.from_numpy(concepts.sample(ids, each - 1)).float() / 255
    return torch.cat([concepts.exemplar_images(ids)[:, None], pages], dim=1)


def _when_there_are_networks(show: Callable) -> Callable:
    @wraps(show)
    def shown(networks: Mapping, drawings: Tensor | None, *arguments, **options):
        if drawings is None:
            return Markdown("*`oneshot data fetch` brings the drawings of this data set.*")
        if not networks:
            return Markdown("*None of these autoencoders has been trained here yet.*")
        return show(networks, drawings, *arguments, **options)

    return shown


@_when_there_are_networks
@torch.no_grad()
def reconstructions(networks: Mapping[str, VectorAutoencoder], drawings: Tensor) -> Sheet:
    """Return the first drawing of each concept of (C, N, 1, H, W) as each network returns it."""
    first = drawings[:, 0]
    rows = {"drawing": first}
    for name, network in networks.items():
        rows[name] = network.decode(network.encode(_to(network, first))).cpu()
    return contact_sheet(torch.stack(list(rows.values())), rows=list(rows))


@_when_there_are_networks
@torch.no_grad()
def interpolations(
    networks: Mapping[str, VectorAutoencoder],
    drawings: Tensor,
    pair: Sequence[int] = (0, 1),
) -> Sheet:
    """Return, a row a network, what lies between the exemplars of two concepts."""
    ends = drawings[list(pair), 0]
    rows = []
    for network in networks.values():
        first, second = network.encode(_to(network, ends)).split(1)
        rows.append(network.decode(between(first, second, STEPS)[0]).cpu())
    return contact_sheet(torch.stack(rows), rows=list(networks))


@_when_there_are_networks
@torch.no_grad()
def maps(networks: Mapping[str, VectorAutoencoder], drawings: Tensor) -> Plot:
    """Return the latents of drawings (C, N, 1, H, W) on their principal plane, a panel a network.

    Colours are concepts; a ring is the exemplar of its concept.
    """
    count, each = drawings.shape[:2]
    colours = np.linspace(0, 1, count, endpoint=False)
    names = list(networks)[:8]
    rows = 1 if len(names) < 5 else 2
    wide = -(-len(names) // rows)
    with plot(2.4 * wide + 0.2, 2.6 * rows, wide * rows, rows) as (figure, axes):
        for ax in axes[len(names) :]:
            ax.set_visible(False)
        for ax, name in zip(axes, names, strict=False):
            network = networks[name]
            latents = network.encode(_to(network, drawings.flatten(0, 1))).cpu()
            plane, share = principal_plane(latents)
            points = plane.unflatten(0, (count, each)).numpy()
            for place, (u, v) in enumerate(points.reshape(-1, 2)):
                told = {"concept": place // each, "exemplar": place % each == 0}
                figure.note(name=name, **told, first=u, second=v)
            style = {"c": np.repeat(colours, each), "cmap": "hsv", "vmin": 0, "vmax": 1}
            ax.scatter(*points.reshape(-1, 2).T, s=7, alpha=0.7, linewidth=0, **style)
            ax.scatter(*points[:, 0].T, s=50, facecolor="none", edgecolor="0.2", linewidth=0.8)
            ax.set(xticks=[], yticks=[], title=f"{name} ({share:.0%})")
            ax.title.set_fontsize(9.5)
    return figure


def _to(network: VectorAutoencoder, images: Tensor) -> Tensor:
    return images.to(next(network.parameters()).device)
