"""Named sizes: smoke (seconds, for tests), draft (minutes), laptop (hours), paper (published, GPU).

Draft and laptop are for two cores. They share drawings, concepts and critics; a draft is trained
for a quarter of the steps, so that many models can be compared. Diffusion on latents, which is
cheap, gets half: with a quarter it followed new exemplars much less. Networks are the same but
where a system at size laptop is of its second edition (`editions`), of which no draft is.

Paper has the networks of the papers and trains them as their released code does, as far as a `Plan`
can say it: rates that the code lowers once an epoch fall with each step here; AdamW has torch's eps
of 1e-8 instead of 1e-5; where the code waits for a plateau of the test loss (VAE-STN, VAE-NS), or
halves the rate every 20 epochs (recognition critic), it falls along a cosine; gradients of VAE-NS
are not clamped; of FSDM, whose settings are not known, the weights are averaged. Epochs count the
published drawings, of which some are held out here for validation. Models differ on purpose in what
recipes call `as_released`, in images within [-1, 1], in integer time steps, and in latents that are
standardised over the whole training set.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from oneshot.drawings import listings
from oneshot.drawings.sources import resolved, root, source
from oneshot.recipes import editions
from oneshot.recipes.base import R, Recipe, check_name, reseeded
from oneshot.recipes.baselines import DaGan, NeuralStatistician, VaeStn
from oneshot.recipes.data import Concepts, Drawings, OriginalityCritic, RecognitionCritic
from oneshot.recipes.diffusion import PixelDiffusion, SetDiffusion
from oneshot.recipes.latent import Autoencoder, LatentDiffusion
from oneshot.recipes.published_split import PublishedSplit
from oneshot.recipes.results import Human, ReleasedCritic, Samples, Scores
from oneshot.recipes.second import SecondCritic
from oneshot.training.loop import Plan

PRESETS = ("smoke", "draft", "laptop", "paper")
CRITICS = ("own", "vit", "released", "seed", "thin", "bold", "half")
"""Who judges, and how: the data set's own critics, its second recognition critic, those released.

And the data set's own in other circumstances: trained from another seed, with drawings binarised at
a higher or a lower threshold, with half of the drawings.
"""
INK = {"thin": 0.1, "bold": -0.1}
"""What is added to the threshold above which a pixel is ink."""
DRAFT = {"autoencoder": 4, "latents": 2}  # times fewer training steps than at size laptop
PROTOTYPE = {"prototype": 30.0}
VARIATIONS = {"smoke": 10, "paper": 500}
STEPS = {
    "autoencoder": {"glyphs": 3000, "omniglot": 10_000, "quickdraw": 8000, "folder": 3000},
    "latents": {"glyphs": 2500, "omniglot": 6000, "quickdraw": 6000, "folder": 2500},
}
"""Training steps of the LDM at size laptop, by stage and kind of data; other kinds as of a folder.

Those of other systems are in `editions`.
"""
SECOND_STEPS = {"glyphs": 600, "omniglot": 1500, "quickdraw": 450, "folder": 600}
"""Training steps of the second recognition critic."""


def check(preset: str) -> None:
    """Raise ValueError when `preset` is not a known size."""
    check_name("preset", preset, PRESETS)


def options(dataset: str, preset: str) -> str:
    """Return the options of the command line that ask for a data set and a size."""
    told = f"--dataset {dataset}"
    return told if preset == "laptop" else f"{told} --preset {preset}"


def steps(family: str, dataset: str, preset: str) -> int:
    """Return the training steps of a family of `STEPS` at size draft or laptop."""
    lengths = STEPS[family]
    most = lengths.get(source(dataset).name, lengths["folder"])
    return most // DRAFT[family] if preset == "draft" else most


def judged(preset: str) -> str:
    """Return the preset whose drawings, concepts and critics a preset uses."""
    check(preset)
    return "laptop" if preset == "draft" else preset


def drawings(dataset: str, preset: str = "laptop") -> Drawings:
    """Return the drawings of a dataset at 48 px."""
    preset, kind, dataset = judged(preset), source(dataset).name, resolved(dataset)
    listed = dataset in listings.LISTED
    limit = {"smoke": 20, "laptop": 500, "paper": 4000}[preset]
    limit = limit if preset == "smoke" or (kind == "quickdraw" and not listed) else 0
    return Drawings(
        dataset,
        limit=limit,
        concepts=60 if preset == "smoke" else 0,
        fingerprint="" if listed else source(dataset).fingerprint(root(dataset), limit),
    )


def originality_critic(dataset: str, preset: str = "laptop") -> OriginalityCritic:
    """Return the SimCLR critic of a dataset."""
    preset, kind = judged(preset), source(dataset).name
    if listings.named(dataset) in listings.LISTED:
        first = originality_critic(f"{kind}:1", preset)
        if preset != "laptop":
            return first
        plan = Plan(800, 256, "adamw", lr=1e-3, weight_decay=1e-4, warmup=50)
        return replace(_shipped(first), plan=plan, start=_shipped(first))
    material = drawings(dataset, preset)
    if preset == "smoke":
        return OriginalityCritic(material, Plan(steps=30, batch=64))
    if preset == "laptop":
        count = {"omniglot": 1500, "quickdraw": 800}.get(kind, 400)
        return OriginalityCritic(material, Plan(count, batch=192 if count > 400 else 128))
    widths = (64, 128, 128) if kind == "quickdraw" else (64, 64, 64, 64)
    plan = Plan(
        steps=100 * 29460 // 448, batch=448, optimizer="rmsprop", lr=1e-3, schedule="constant"
    )
    return OriginalityCritic(material, plan, widths, stem="pooled")


def concepts(dataset: str, preset: str = "laptop") -> Concepts:
    """Return the concepts of a dataset; only Quick, Draw! categories are clustered."""
    preset = judged(preset)
    critic = originality_critic(dataset, preset)
    if listings.named(dataset) in listings.LISTED:
        return Concepts(drawings(dataset, preset), critic)
    if source(dataset).name != "quickdraw":
        return Concepts(critic.drawings, critic)
    size, spread = {"smoke": (5, 0.0), "laptop": (100, 1.1), "paper": (500, 1.1)}[preset]
    most = 0 if preset == "smoke" else size
    return Concepts(critic.drawings, critic, clusters=4, least=size, most=most, spread=spread)


def clusters(dataset: str) -> Concepts:
    """Return how the list of an edition was found; `concepts` reads the list."""
    critic = originality_critic(dataset)
    return Concepts(critic.drawings, critic, clusters=4, least=60, most=60, spread=1.1)


def recognition_critic(dataset: str, preset: str = "laptop") -> RecognitionCritic:
    """Return the prototypical network of a dataset."""
    preset = judged(preset)
    group = concepts(dataset, preset)
    if preset == "smoke":
        return RecognitionCritic(group, Plan(steps=30, batch=20), queries=2)
    if preset == "laptop" and listings.named(dataset) in listings.LISTED:
        # From the weights of SimCLR it learns in minutes what takes hours from random ones.
        plan = Plan(600, 60, "adamw", lr=1e-3, weight_decay=0.01, warmup=20)
        views = {"augment": "mild", "classes": "gentle", "start": group.critic}
        return RecognitionCritic(group, plan, queries=3, **views)
    if preset == "laptop":
        if source(dataset).name == "quickdraw":
            plan = Plan(1200, 100, "adamw", lr=2e-3, weight_decay=0.01, warmup=50)
            return RecognitionCritic(
                group, plan, queries=3, network_name="patch", augment="mild", classes="gentle"
            )
        count = 1000 if source(dataset).name == "omniglot" else 500
        return RecognitionCritic(group, Plan(count, batch=60))
    if source(dataset).name == "quickdraw":
        plan = Plan(steps=8000, batch=60, schedule="cosine")
        return RecognitionCritic(
            group, plan, queries=5, network_name="resnet", stem="pooled", augment="normal"
        )
    return RecognitionCritic(group, Plan(steps=8000, batch=60), queries=5, stem="pooled")


def second_critic(dataset: str, preset: str = "laptop") -> SecondCritic:
    """Return the second recognition critic of a dataset: a small vision transformer.

    Where concepts are found by clustering it learns from these, elsewhere the drawings say what
    belongs together, and no other critic has a part in it.
    """
    preset, kind = judged(preset), source(dataset).name
    clustered = kind == "quickdraw" and listings.named(dataset) not in listings.LISTED
    steps = SECOND_STEPS.get(kind, SECOND_STEPS["folder"])
    plan = Plan(steps, 64, "adamw", lr=1e-3, weight_decay=0.05, warmup=100, clip=1.0)
    if preset == "smoke":
        plan = Plan(steps=10, batch=16)
    return SecondCritic(concepts(dataset, preset) if clustered else drawings(dataset, preset), plan)


def autoencoder(
    dataset: str, preset: str = "laptop", regularizers: Mapping[str, float] = PROTOTYPE
) -> Autoencoder:
    """Return the autoencoder of a dataset with the named regularizers."""
    group = concepts(dataset, preset)
    latent = 128 if source(dataset).name == "quickdraw" else 64
    if preset == "smoke":
        return Autoencoder(group, Plan(steps=30, batch=32), regularizers, 16)
    if preset != "paper":
        plan = Plan(steps("autoencoder", dataset, preset), 128, lr=1e-3, warmup=200)
        revive = 100 if "vq" in regularizers else 0
        return Autoencoder(group, plan, regularizers, latent, "patch", revive=revive)
    count = epochs(dataset, 100, 128)
    plan = Plan(count, 128, lr=1e-4, weight_decay=1e-5, schedule="constant")
    return Autoencoder(group, plan, regularizers, latent, augment=None)


def latent_diffusion(
    dataset: str, preset: str = "laptop", regularizers: Mapping[str, float] = PROTOTYPE
) -> LatentDiffusion:
    """Return diffusion on the latents of `autoencoder(dataset, preset, regularizers)`."""
    codes = autoencoder(dataset, preset, regularizers)
    if preset == "smoke":
        return LatentDiffusion(codes, Plan(steps=30, batch=64), width=64, copies=1)
    if preset != "paper":
        plan = editions.denoising(steps("latents", dataset, preset), 512)
        return LatentDiffusion(codes, plan, copies=source(dataset).copies)
    plan = Plan(codes.plan.steps, 128, "adamw", 1e-4, weight_decay=0.01, schedule="constant")
    return LatentDiffusion(codes, plan, denoiser="attention", width=512, copies=0)


def variations(dataset: str, preset: str = "laptop") -> int:
    """Return how many drawings of a concept are asked of a model to score it."""
    preset = judged(preset)
    return source(dataset).variations if preset == "laptop" else VARIATIONS[preset]


def human(dataset: str, preset: str = "laptop", split: str = "test") -> Human:
    """Return the data set's own drawings, as many of a concept as models are asked for."""
    return Human(concepts(dataset, preset), split, variations(dataset, preset))


def pixel_diffusion(dataset: str, preset: str = "laptop", dropout: float = 0.1) -> PixelDiffusion:
    """Return diffusion on pixels with the exemplar stacked: CFGDM, or DDPM at `dropout` 0."""
    group = concepts(dataset, preset)
    if preset == "smoke":
        return PixelDiffusion(group, Plan(steps=10, batch=8), dropout, width=16)
    if preset != "paper":
        recipe = small("cfgdm" if dropout else "ddpm", dataset, preset)
        return replace(recipe, dropout=dropout)
    width, augment = (60, "class") if source(dataset).name == "quickdraw" else (48, None)
    plan = Plan(epochs(dataset, 300, 128), 128, lr=1e-4, schedule="linear")
    return PixelDiffusion(group, plan, dropout, "published", width, augment=augment)


def set_diffusion(dataset: str, preset: str = "laptop") -> SetDiffusion:
    """Return diffusion on pixels that knows the concept from a set: FSDM."""
    group = concepts(dataset, preset)
    if preset == "paper":
        plan = Plan(epochs(dataset, 300, 128), 26, lr=1e-4, schedule="constant", ema=0.9999)
        augment = "class" if source(dataset).name == "quickdraw" else None
        return SetDiffusion(group, plan, augment=augment)
    if preset != "smoke":
        return small("fsdm", dataset, preset)
    sizes = {"encoder": (32, 1, 1, 12), "widths": (16, 16, 32), "blocks": 1, "patch": 4}
    return SetDiffusion(
        group, Plan(steps=10, batch=4), **sizes, attention=(2,), drop=0.1, velocity=True
    )


def vae_stn(dataset: str, preset: str = "laptop") -> VaeStn:
    """Return the sequential VAE with a spatial transformer."""
    group = concepts(dataset, preset)
    if preset == "smoke":
        return VaeStn(group, Plan(steps=10, batch=8), 8, 3, 40)
    if preset != "paper":
        return small("vae-stn", dataset, preset)
    plan = Plan(epochs(dataset, 500, 128), 128, lr=1e-3, clip=5.0)
    augment = "class" if source(dataset).name == "quickdraw" else None
    return VaeStn(group, plan, steps=100, augment=augment)


def neural_statistician(dataset: str, preset: str = "laptop") -> NeuralStatistician:
    """Return the Neural Statistician: VAE-NS."""
    group = concepts(dataset, preset)
    if preset == "smoke":
        plan, sizes = Plan(steps=10, batch=4), {"widths": (8, 16), "network_name": "patch"}
        return NeuralStatistician(group, plan, 3, 8, 32, **sizes)
    if preset != "paper":
        return small("vae-ns", dataset, preset)
    plan = Plan(epochs(dataset, 300, 128 * 5), 128, lr=1e-3, weight_decay=1e-5)
    augment = "class" if source(dataset).name == "quickdraw" else None
    half_life = epochs(dataset, 1, 128 * 5)
    return NeuralStatistician(group, plan, half_life=half_life, augment=augment)


def da_gan(dataset: str, preset: str = "laptop", skips: bool = True) -> DaGan:
    """Return the DA-GAN whose generator has skips (UN) or has none (RN)."""
    group = concepts(dataset, preset)
    if preset == "smoke":
        plan = Plan(steps=12, batch=8)
        return DaGan(group, plan, skips, 8, (8, 8, 8), 1, 16, drop=0.0, fold=4)
    if preset != "paper":
        return small(f"da-gan-{'un' if skips else 'rn'}", dataset, preset)
    plan = Plan(epochs(dataset, 30, 32), 32, lr=1e-4, betas=(0.0, 0.9), schedule="constant")
    return DaGan(group, plan, skips)


def small(name: str, dataset: str, preset: str = "laptop", edition: int | None = None) -> Any:
    """Return a system of `editions` at size draft or laptop, in the edition that ships or another.

    Raises ValueError for another size, and for a system or an edition that is not known.
    """
    if preset not in ("draft", "laptop"):
        raise ValueError(f"there are editions at sizes draft and laptop, not at {preset!r}")
    kind, group = source(dataset).name, concepts(dataset, preset)
    return editions.laptop(name, kind, group, edition=edition, draft=preset == "draft")


def _shipped(recipe: R) -> R:
    """Return a recipe as it was made for the zoo, whatever drawings of its data set are here."""
    if isinstance(recipe, Drawings):
        return replace(recipe, fingerprint="")
    parts = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    return replace(recipe, **{k: _shipped(v) for k, v in parts.items() if isinstance(v, Recipe)})


def epochs(dataset: str, count: int, batch: int) -> int:
    """Return the steps of `count` passes over the published training set in batches of `batch`."""
    drawings_trained = 275_000 if source(dataset).name == "quickdraw" else 29_460
    return count * drawings_trained // batch


def scores(drawn: Samples | Human, critics: str = "own") -> Scores:
    """Return the scores of drawings by some of `CRITICS`.

    "own" are the data set's own critics, "vit" the same with the second recognition critic in place
    of the prototypical network, "released" those of Omniglot. With these, the exemplar of human
    drawings is the one nearest the concept's centroid in their feature space, as published. Models
    vary the exemplars they were given. Raises ValueError for others.
    """
    check_name("critics", critics, CRITICS)
    if critics != "released":
        preset = preset_of(drawn.concepts)
        dataset = listings.spelled(drawn.concepts.drawings.dataset)
        judge = second_critic if critics == "vit" else recognition_critic
        own = Scores(drawn, drawn.concepts.critic, judge(dataset, preset))
        return otherwise(own, critics)
    if source(drawn.concepts.drawings.dataset).name != "omniglot":
        raise ValueError("the released critics judge only Omniglot; use critics='own'")
    judge = ReleasedCritic("originality")
    if isinstance(drawn, Human):
        drawn = replace(drawn, concepts=Concepts(drawn.concepts.drawings, judge))
    return Scores(drawn, judge, ReleasedCritic("recognition"))


def otherwise(scores: Scores, critics: str) -> Scores:
    """Return scores by a data set's own critics in the circumstances that `critics` names."""
    if critics == "seed":
        both = reseeded(scores.originality, 1), reseeded(scores.recognition, 1)
        return replace(scores, originality=both[0], recognition=both[1])
    if critics in INK:
        return replace(scores, threshold=scores.drawn.concepts.threshold + INK[critics])
    return replace(scores, variations=scores.drawn.variations // 2) if critics == "half" else scores


def preset_of(group: Concepts | PublishedSplit) -> str:
    """Return the preset that a set of concepts belongs to; that of a draft is laptop."""
    for preset in dict.fromkeys(map(judged, PRESETS)):
        if concepts(listings.spelled(group.drawings.dataset), preset) == group:
            return preset
    raise ValueError("these concepts belong to no preset; name the critics yourself")
