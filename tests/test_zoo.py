import dataclasses
import shutil

import pytest
import torch

from oneshot import systems, zoo
from oneshot.drawings.identity import sha256
from oneshot.evaluations import selection
from oneshot.evaluations.at_hand import evaluation_of
from oneshot.evaluations.evaluate import missing
from oneshot.recipes import presets
from oneshot.store import Store
from oneshot.sweep import Sweep
from oneshot.sweep.board import Board
from oneshot.training.checkpoint import read_metadata, read_tensors, write_tensors
from oneshot.zoo import ZooError

NAME = "glyphs-recognition"
METRICS = {"recognizability": {"value": 90.0, "low": 88.0, "high": 92.0}}


@pytest.fixture(scope="module")
def recipe():
    return presets.recognition_critic("glyphs", "smoke")


@pytest.fixture
def exported(smoke, recipe, tmp_path):
    """A store whose zoo holds one artefact, and the store it was made in."""
    smoke.get(recipe)
    place = Store(smoke.runs.parent, tmp_path / "zoo")
    about = {"system": "critic", "dataset": "glyphs", "preset": "smoke", "metrics": METRICS}
    zoo.export(recipe, NAME, store=place, **about)
    return Store(tmp_path / "fresh", tmp_path / "zoo")


def file(store):
    return store.zoo / f"{NAME}.safetensors"


def test_an_exported_artefact_is_found_and_judges_as_before(smoke, exported, recipe):
    assert exported.find(recipe) == file(exported)
    critic = exported.get(recipe)
    assert not exported.runs.exists()
    assert all(p.dtype == torch.float32 for p in critic.parameters())
    pages = (torch.rand(6, 1, 48, 48) > 0.9).float()
    before, after = smoke.get(recipe)(pages), critic(pages)
    assert (after - before).norm() < 5e-3 * before.norm()


def test_matrices_are_halved_and_the_rest_is_kept(smoke, exported, recipe):
    whole, small = (read_tensors(path)[0] for path in (smoke.find(recipe), file(exported)))
    assert whole.keys() == small.keys()
    kinds = set()
    for name, value in small.items():
        halved = whole[name].dtype == torch.float32 and whole[name].dim() >= 2
        assert value.dtype == (torch.float16 if halved else whole[name].dtype), name
        assert halved or torch.equal(value, whole[name])
        kinds.add(value.dtype)
    assert kinds == {torch.float16, torch.float32, torch.int64}
    assert file(exported).stat().st_size < 0.6 * smoke.find(recipe).stat().st_size


def test_metadata_say_what_it_is_and_how_it_was_made(smoke, exported, recipe):
    metadata = zoo.show(NAME, exported)
    assert metadata["recipe"] == recipe.to_json()
    assert metadata["provenance"] == smoke.metadata(recipe)["provenance"]
    assert metadata["card"]["steps"] == 30
    (entry,) = zoo.entries(exported)
    assert dataclasses.asdict(entry) == {
        "name": NAME,
        "system": "critic",
        "dataset": "glyphs",
        "preset": "smoke",
        "parameters": metadata["card"]["parameters"],
        "hours": round(metadata["card"]["core_seconds"] / 3600, 2),
        "sha256": metadata["sha256"],
        "metrics": METRICS,
    }
    sums = (exported.zoo / "SHA256SUMS").read_text()
    assert sums == f"{entry.sha256}  {NAME}.safetensors\n"


def test_a_whole_zoo_is_verified(exported):
    assert [entry.name for entry in zoo.verify(exported)] == [NAME]


def fault(store):
    with pytest.raises(ZooError) as caught:
        zoo.verify(store)
    return str(caught.value)


def test_damage_is_found(exported):
    content = bytearray(file(exported).read_bytes())
    content[-10] ^= 1
    file(exported).write_bytes(content)
    assert "is damaged: its sha256 is not that of SHA256SUMS" in fault(exported)


def test_missing_and_unlisted_files_are_found(exported):
    shutil.copy(file(exported), exported.zoo / "another.safetensors")
    assert "another.safetensors is not listed" in fault(exported)
    (exported.zoo / "another.safetensors").unlink()
    file(exported).unlink()
    assert f"{NAME}.safetensors is listed in SHA256SUMS but missing" in fault(exported)


def test_a_recipe_of_another_version_is_found(exported):
    tensors, metadata = read_tensors(file(exported))
    metadata["recipe"]["version"] = 99
    write_tensors(file(exported), tensors, metadata)
    sums = exported.zoo / "SHA256SUMS"
    sums.write_text(f"{sha256(file(exported))}  {NAME}.safetensors\n")
    assert "holds no recipe known here: RecognitionCritic is of version 99" in fault(exported)


@pytest.mark.parametrize("content", [b"", b"junk" * 100, None], ids=["empty", "junk", "cut"])
def test_a_damaged_file_is_named_by_every_command_and_never_trained_anew(
    exported, recipe, content, tmp_path
):
    path = file(exported)
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    commands = (zoo.entries, zoo.verify, lambda store: zoo.show(NAME, store))
    for command in commands:
        with pytest.raises(ZooError, match=rf"{NAME}\.safetensors is damaged"):
            command(exported)
    with pytest.raises(ValueError, match="is damaged; restore it from git"):
        Store(tmp_path / "runs", exported.zoo).find(recipe)


def test_a_pointer_in_place_of_a_file_says_how_to_fetch_it(
    exported, recipe, git_lfs_pointer, tmp_path
):
    file(exported).write_bytes(git_lfs_pointer)
    (exported.zoo / "SHA256SUMS").write_text(f"{sha256(file(exported))}  {NAME}.safetensors\n")
    commands = (
        zoo.entries,
        zoo.verify,
        lambda store: zoo.show(NAME, store),
        lambda store: Store(tmp_path / "runs", store.zoo).get(recipe),
    )
    for command in commands:
        with pytest.raises(ValueError, match=rf"{NAME}.* is a Git LFS pointer.*`git lfs pull`"):
            command(exported)


def test_a_file_that_does_not_say_what_it_is_is_named(exported):
    write_tensors(file(exported), {"x": torch.zeros(1)}, {})
    for command in (zoo.entries, lambda store: zoo.show(NAME, store)):
        with pytest.raises(ZooError, match="says nothing of what it is; restore it from git"):
            command(exported)


@pytest.mark.parametrize(("named", "advice"), [("x", "unset ONESHOT_ZOO"), ("", "restore it")])
def test_a_zoo_that_is_not_there_is_no_empty_zoo(tmp_path, monkeypatch, named, advice):
    monkeypatch.setenv("ONESHOT_ZOO", named)
    nowhere = Store(tmp_path / "runs", tmp_path / "nowhere")
    for command in (zoo.entries, zoo.verify, lambda store: zoo.show(NAME, store)):
        with pytest.raises(ZooError, match=rf"there is no zoo in .*nowhere; {advice}"):
            command(nowhere)
    assert nowhere.zoo_files == {}


def test_a_name_is_no_path(exported):
    with pytest.raises(ZooError, match="in the zoo; there is"):
        zoo.show(f"../{exported.zoo.name}/{NAME}", exported)


def test_an_unknown_entry_is_refused_with_the_known_ones(exported):
    with pytest.raises(ZooError, match=f"no 'unicorn' in the zoo; there is {NAME}"):
        zoo.show("unicorn", exported)


def test_exporting_again_changes_nothing(exported, smoke, recipe):
    before = file(exported).read_bytes()
    place = Store(smoke.runs.parent, exported.zoo)
    zoo.export(
        recipe,
        NAME,
        system="critic",
        dataset="glyphs",
        preset="smoke",
        metrics=METRICS,
        store=place,
    )
    assert file(exported).read_bytes() == before
    assert read_metadata(file(exported))["zoo"]["name"] == NAME


def test_the_shipped_zoo_is_small_and_says_under_what_licence_it_is():
    shipped = Store()
    assert sum(file.stat().st_size for file in shipped.zoo.iterdir()) < 100 * 2**20
    licences = {one.name: zoo.show(one.name, shipped)["licence"] for one in zoo.entries(shipped)}
    assert all(one["weights"] == "MIT" and len(one) >= 2 for one in licences.values())
    assert licences["quickdraw-2-vae-elastic"] == {"weights": "MIT", "Quick, Draw!": "CC-BY 4.0"}
    assert len(licences["any-ldm"]) == 4


def test_the_shipped_zoo_is_whole():
    """Every file in data/zoo is listed, undamaged and of a recipe known here."""
    shipped = Store()
    for entry in zoo.verify(shipped):
        assert entry.system and entry.dataset and entry.metrics is not None


def test_publish_exports_the_critics_and_what_is_trained_with_what_it_reached(smoke, tmp_path):
    smoke.get(systems.recipe("vae-stn", "glyphs", "smoke"))
    home = Store(smoke.runs.parent, tmp_path)
    zoo.publish("glyphs", "smoke", store=home)
    found = {entry.name: entry for entry in zoo.verify(home)}
    assert {"glyphs-originality-critic", "glyphs-concepts", "glyphs-vae-stn"} <= found.keys()
    assert found["glyphs-vae-stn"].parameters > 0
    assert {"human", "originality", "recognizability"} <= found["glyphs-vae-stn"].metrics.keys()
    absent = [n for n in systems.SYSTEMS if not smoke.find(systems.recipe(n, "glyphs", "smoke"))]
    assert not {f"glyphs-{name}" for name in absent} & found.keys()


def test_one_system_is_published_alone(smoke, tmp_path):
    home = Store(smoke.runs.parent, tmp_path / "zoo")
    recipe = systems.recipe("vae-stn", "glyphs", "smoke")
    smoke.get(recipe)
    (file,) = zoo.publish_systems("glyphs", ["vae-stn"], "smoke", home)
    (entry,) = zoo.verify(Store(tmp_path, tmp_path / "zoo"))
    assert (file.name, entry.name) == ("glyphs-vae-stn.safetensors", "glyphs-vae-stn")
    assert {"recognizability", "human"} <= entry.metrics.keys()
    assert zoo.show(entry.name, home)["card"]["core_seconds"] > 0
    with pytest.raises(ZooError, match="ldm is not trained: oneshot make ldm --dataset glyphs"):
        zoo.publish_systems("glyphs", ["ldm"], "smoke", Store(tmp_path, tmp_path / "zoo"))


def test_another_edition_lies_beside_the_one_that_pages_ask_for(smoke, tmp_path, monkeypatch):
    recipe = systems.recipe("vae-stn", "glyphs", "smoke")
    other = dataclasses.replace(recipe, plan=dataclasses.replace(recipe.plan, seed=1))
    smoke.get(other)
    monkeypatch.setattr(presets, "small", lambda *_: other)
    home = Store(smoke.runs.parent, tmp_path / "zoo")
    (file,) = zoo.publish_systems("glyphs", ["vae-stn"], "smoke", home, edition=2)
    assert file.name == "glyphs-vae-stn-edition2.safetensors"
    assert set(Store(tmp_path, tmp_path / "zoo").zoo_files) == {other.key}


def test_publish_exports_the_best_autoencoder_of_each_swept_family(smoke, tmp_path):
    board = Board(Sweep("glyphs", "smoke", grid=({"prototype": 30},)), smoke)
    for recipe in missing(board.left, smoke):
        smoke.metadata(recipe)
    board.collect()
    runs = selection.regularized("glyphs", "smoke")
    zoo.publish("glyphs", "smoke", "smoke", Store(smoke.runs.parent, tmp_path))
    elsewhere = Store(tmp_path / "fresh", tmp_path)
    for name, family in (("none", "none"), ("prototype30", "prototype")):
        (row,) = selection.best(runs, family)
        about = zoo.show(f"glyphs-smoke-autoencoder-{name}", elsewhere)
        assert about["zoo"]["metrics"] == {"probes": dataclasses.asdict(row)["probes"]}
        assert elsewhere.find(evaluation_of(row).parts["autoencoder"]).parent == tmp_path
