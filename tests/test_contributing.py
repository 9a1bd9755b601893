"""What a new thing touches: a toy of each kind, in the files that CONTRIBUTING.md lists alone."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

HERE = Path(__file__).resolve().parent.parent
GUIDE = HERE / "CONTRIBUTING.md"
MOST = {"system": 4, "data set": 3, "regularizer": 2, "page": 2, "critic": 3}

MODEL = """
import torch

from oneshot.models.direct import Direct
from oneshot.models.generator import PageNetwork


class Smudge(Direct, PageNetwork):
    label, noise_shape = "Smudge", (1, 48, 48)

    def __init__(self):
        super().__init__()
        self.size = torch.nn.Parameter(torch.tensor(0.1))

    def decode(self, known, z):
        return (known + self.size * z).clamp(0, 1)
"""
OBJECTIVE = """
from oneshot.training.objective import Objective


class SmudgeObjective(Objective):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def losses(self, batch, step):
        spread = (batch["x"] - batch["y"]).square().mean().sqrt()
        return {"loss": (self.model.size - spread).square()}
"""
RECIPE = """
from dataclasses import dataclass
from pathlib import Path

from oneshot.drawings.batches import Pairs
from oneshot.models.smudge import Smudge as SmudgeModel
from oneshot.objectives.smudge import SmudgeObjective
from oneshot.recipes import presets
from oneshot.recipes.base import Made, NetworkRecipe, trained
from oneshot.recipes.data import Concepts
from oneshot.training.loop import Plan


@dataclass(frozen=True)
class Smudge(NetworkRecipe[SmudgeModel]):
    concepts: Concepts
    plan: Plan

    def network(self):
        return SmudgeModel()

    def make(self, store, work: Path) -> Made:
        model = self.network()
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        return trained(SmudgeObjective(model), model, batches, self.plan, work, store, "smudge")


def smudge(dataset, preset="laptop"):
    return Smudge(presets.concepts(dataset, preset), Plan(steps=3, batch=8))
"""
SOURCE = """
import numpy as np

from oneshot.drawings.splits import TEST, TRAIN, VALIDATION


def names(root):
    return [f"dot {number:02}" for number in range(24)]


def pages(root, names, side, limit):
    for name in names:
        hand = np.random.default_rng(int(name[-2:]))
        found = np.zeros((6, side, side), np.uint8)
        row, column = hand.integers(4, side - 8, 2)
        for page, (y, x) in zip(found, hand.integers(-3, 4, (6, 2)), strict=True):
            page[row + y : row + y + 4, column + x : column + x + 4] = 255
        yield found[: limit or None]


def split(names):
    kinds = (TRAIN, TRAIN, VALIDATION, TEST)
    return np.array([kinds[number % 4] for number in range(len(names))])
"""
REGULARIZER = '''
class Square(Regularizer):
    """Squared length of the latents."""

    def forward(self, latents: Latents) -> Tensor:
        return latents.x.square().sum(1).mean()


'''
CRITIC = '''
class FlatCritic(Critic):
    """Linear layers on the pixels."""

    def __init__(self, side: int = 48):
        super().__init__(nn.Flatten(), side * side, side, "head")


'''


def page():
    """A notebook of one parameter and one line."""
    told = nbformat.v4.new_code_cell('word: str = "toy"  # what is said')
    told.metadata["tags"] = ["parameters"]
    check = "from oneshot.parameters import check_page\n\ncheck_page()"
    cells = [told, *map(nbformat.v4.new_code_cell, (check, "print(word.upper())"))]
    found = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A toy"), *cells])
    found.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    return nbformat.writes(found)


TOYS = {
    "system": {
        "oneshot/models/NAME.py": MODEL,
        "oneshot/objectives/NAME.py": OBJECTIVE,
        "oneshot/recipes/NAME.py": RECIPE,
        "oneshot/systems.py": [
            ("from oneshot.recipes.base", "from oneshot.recipes.smudge import smudge\n"),
            (
                '        System("ldm"',
                '        System("smudge", "Smudge", "#123456", "x", smudge),\n',
            ),
        ],
    },
    "data set": {
        "oneshot/drawings/NAME.py": SOURCE,
        "oneshot/drawings/sources.py": [
            ("from oneshot.drawings.errors", "from oneshot.drawings import smudge\n"),
            (
                '        Source(\n            "omniglot"',
                '        Source("smudge", "Dots", "dots", "none", smudge.names, smudge.pages, '
                "smudge.split, 0.5),\n",
            ),
        ],
    },
    "regularizer": {
        "oneshot/objectives/regularizers.py": [
            ("class KL(Regularizer)", REGULARIZER),
            ('    "kl": KL', '    "square": Square,\n'),
        ],
        "oneshot/widgets/canvas.py": [('    "kl": "#3f7032"', '    "square": "#123456",\n')],
    },
    "page": {
        "notebooks/NAME.ipynb": page(),
        "_toc.yml": [
            ("      - file: notebooks/guidance\n", "      - file: notebooks/smudge\n"),
        ],
    },
    "critic": {
        "oneshot/models/critics.py": [("class PatchCritic(", CRITIC)],
        "oneshot/recipes/data.py": [
            ('"patch", "resnet")', '"flat", '),
            (
                '        if self.network_name == "patch":',
                '        if self.network_name == "flat":\n            return FlatCritic(side)\n',
            ),
            ("ConvCritic, Critic, PatchCritic", "FlatCritic, "),
        ],
        "oneshot/recipes/presets.py": [
            (
                "        return RecognitionCritic(group, Plan(steps=30, batch=20), queries=2)",
                '        if source(dataset).name == "glyphs":\n'
                "            plan = Plan(steps=2, batch=20)\n"
                '            return RecognitionCritic(group, plan, 2, "flat")\n',
            )
        ],
    },
}
"""What each toy puts into which file: all of a new one, or text before an anchor of an old one."""

USED = {
    "system": """
import oneshot
from oneshot import store, systems
from oneshot.recipes.base import from_json
recipe = systems.recipe("smudge", "glyphs", "smoke")
store.get(recipe)
model = oneshot.load("smudge", "glyphs", "smoke")
assert oneshot.check(model) == (), oneshot.check(model)
assert from_json(recipe.to_json()) == recipe
assert systems.label("smudge") == "Smudge"
print(oneshot.compare(model, "glyphs", name="own", size="smoke").recognizability.value)
""",
    "data set": """
from oneshot import parameters, store
from oneshot.drawings import registry
from oneshot.drawings.sources import SOURCES
from oneshot.recipes import presets
assert registry.info("smudge")["concepts"] == 24
concepts = store.get(presets.concepts("smudge", "smoke"))
assert len(concepts) == 24 and concepts.pages.max() == 255
presets.latent_diffusion("smudge"), presets.pixel_diffusion("smudge"), presets.vae_stn("smudge")
print(list(SOURCES))
""",
    "regularizer": """
from oneshot import store, systems
from oneshot.widgets import canvas
assert canvas.looks("square 0.5") == ("#123456", "o")
recipe = systems.named_model("square:0.5+prototype:3", "glyphs", "smoke")
print(sorted(store.get(recipe.autoencoder).state_dict())[0])
""",
    "page": """
from oneshot import execute
from pathlib import Path
print(execute.run(Path("notebooks/smudge.ipynb"), Path("out.ipynb"), word="drawn"))
assert "DRAWN" in Path("out.ipynb").read_text()
assert "notebooks/smudge" in Path("_toc.yml").read_text()
""",
    "critic": """
from oneshot import store
from oneshot.recipes import presets
critic = store.get(presets.recognition_critic("glyphs", "smoke"))
assert type(critic).__name__ == "FlatCritic"
people = presets.human("glyphs", "smoke")
print(store.get(presets.scores(people)).recognizability.value)
""",
}


def listed(kind):
    """The files that the guide lists for a kind, and what each gets."""
    section = re.search(rf"### An? {kind}\n(.*?)\n(?:##|\Z)", GUIDE.read_text(), re.S)[1]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, re.M))


@pytest.mark.parametrize("kind", MOST)
def test_the_guide_lists_few_files_and_the_toy_needs_these(kind):
    files = listed(kind)
    assert len(files) <= MOST[kind]
    assert set(TOYS[kind]) == {
        name for name, gets in files.items() if not gets.endswith("downloaded")
    }


@pytest.mark.parametrize("kind", MOST)
def test_a_toy_is_used_after_these_files_alone(kind, judges, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(
        HERE / "oneshot", tree / "oneshot", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tree / "notebooks").mkdir()
    for name in ("data", "pyproject.toml"):
        (tree / name).symlink_to(HERE / name)
    shutil.copy(HERE / "_toc.yml", tree)
    for name, change in TOYS[kind].items():
        file = tree / name.replace("NAME", "smudge")
        if isinstance(change, str):
            assert not file.exists()
            file.write_text(change)
            continue
        text = file.read_text()
        for anchor, inserted in change:
            assert text.count(anchor) == 1, (name, anchor)
            text = text.replace(anchor, inserted + anchor)
        file.write_text(text)
    environment = os.environ | {"PYTHONPATH": str(tree), "ONESHOT_CACHE": str(tmp_path / "cache")}
    # what the toy does not change has been made already
    shutil.copytree(judges.runs, tmp_path / "cache" / "runs")
    done = subprocess.run(
        [sys.executable, "-c", USED[kind]],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
