"""Named sizes of everything: smoke (seconds), laptop (hours on two cores), paper (published, GPU)."""

from oneshot.drawings import folder
from oneshot.drawings.sources import root, source
from oneshot.recipes.data import Concepts, Drawings, OriginalityCritic, RecognitionCritic
from oneshot.training.loop import Plan

PRESETS = ("smoke", "laptop", "paper")


def check(preset: str) -> None:
    """Raise ValueError when `preset` is not a known size."""
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")


def drawings(dataset: str, preset: str = "laptop") -> Drawings:
    """Return the drawings of a dataset at 48 px."""
    check(preset)
    kind = source(dataset).name
    fingerprint = folder.fingerprint(root(dataset)) if kind == "folder" else ""
    if preset == "smoke":
        return Drawings(dataset, limit=20, concepts=60, fingerprint=fingerprint)
    limit = {"laptop": 500, "paper": 4000}[preset] if kind == "quickdraw" else 0
    return Drawings(dataset, limit=limit, fingerprint=fingerprint)


def originality_critic(dataset: str, preset: str = "laptop") -> OriginalityCritic:
    """Return the SimCLR critic of a dataset."""
    material = drawings(dataset, preset)
    if preset == "smoke":
        return OriginalityCritic(material, Plan(steps=30, batch=64))
    if preset == "laptop":
        return OriginalityCritic(material, Plan(steps=1500, batch=192))
    widths = (64, 128, 128) if source(dataset).name == "quickdraw" else (64, 64, 64, 64)
    plan = Plan(
        steps=100 * 29460 // 448, batch=448, optimizer="rmsprop", lr=1e-3, schedule="constant"
    )
    return OriginalityCritic(material, plan, widths, stem="pooled")


def concepts(dataset: str, preset: str = "laptop") -> Concepts:
    """Return the concepts of a dataset; only Quick, Draw! categories are clustered."""
    critic = originality_critic(dataset, preset)
    if source(dataset).name != "quickdraw":
        return Concepts(critic.drawings, critic)
    least, most = {"smoke": (5, 0), "laptop": (60, 0), "paper": (500, 500)}[preset]
    return Concepts(critic.drawings, critic, clusters=4, inner=0.85, least=least, most=most)


def recognition_critic(dataset: str, preset: str = "laptop") -> RecognitionCritic:
    """Return the prototypical network of a dataset."""
    group = concepts(dataset, preset)
    if preset == "smoke":
        return RecognitionCritic(group, Plan(steps=30, batch=20), queries=2)
    if preset == "laptop":
        return RecognitionCritic(group, Plan(steps=1500, batch=60))
    if source(dataset).name == "quickdraw":
        plan = Plan(steps=8000, batch=60, schedule="cosine")
        return RecognitionCritic(
            group, plan, queries=5, network_name="resnet", stem="pooled", augment="normal"
        )
    return RecognitionCritic(group, Plan(steps=8000, batch=60), queries=5, stem="pooled")
