"""What the store returns, as a type checker sees it: read by `make check`, not run."""

from typing import assert_type

from oneshot import store
from oneshot.drawings.concepts import ConceptSet
from oneshot.metrics.scoring import Scores
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.models.critics import Critic
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.recipes import Drawn, presets
from oneshot.store import Store

assert_type(store.get(presets.concepts("glyphs")), ConceptSet)
assert_type(store.get(presets.originality_critic("glyphs")), Critic)
assert_type(store.get(presets.autoencoder("glyphs")), VectorAutoencoder)
assert_type(store.get(presets.latent_diffusion("glyphs")), LatentDiffusion)
assert_type(store.get(presets.human("glyphs")), Drawn)
assert_type(Store().get(presets.scores(presets.human("glyphs"))), Scores)
