"""What the front door and the store return, as a type checker sees it: read by `make check`."""

from typing import assert_type

from torch import Tensor

import oneshot
from oneshot import store
from oneshot.drawings.concepts import ConceptSet
from oneshot.evaluations.record import Record
from oneshot.evaluations.table import Table
from oneshot.metrics.scoring import Scores
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.models.critics import Critic
from oneshot.models.generator import Generator
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.recipes import Drawn, presets
from oneshot.store import Store

model = oneshot.load("ldm", "glyphs")
page = oneshot.read_drawing("mine.png")
assert_type(model, Generator)
assert_type(page, Tensor)
assert_type(oneshot.check(model), tuple[str, ...])
assert_type(oneshot.score(model.draw(page, 2), page, "glyphs"), Scores)
assert_type(oneshot.compare(model, "glyphs", name="mine"), Record)
assert_type(oneshot.results(), Table)

assert_type(store.get(presets.concepts("glyphs")), ConceptSet)
assert_type(store.get(presets.originality_critic("glyphs")), Critic)
assert_type(store.get(presets.autoencoder("glyphs")), VectorAutoencoder)
assert_type(store.get(presets.latent_diffusion("glyphs")), LatentDiffusion)
assert_type(store.get(presets.human("glyphs")), Drawn)
assert_type(Store().get(presets.scores(presets.human("glyphs"))), Scores)
