"""Strict papermill refuses what papermill lets through, and leaves nothing half-done."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from pages import NOTEBOOKS

from oneshot import execute
from oneshot.diffusion.guidance import STRONGEST
from oneshot.execute import PageError, ParameterError

DECLARED = """\
# What can be asked
dataset: str = "glyphs"  # glyphs | omniglot | folder:*: whose drawings
guidance: list[float] = [0.0, 1.0]  # 0..100: strengths
seed: int = 0  # 0..
eta: float = 0.5  # 0 is deterministic
quick: bool = False
limit: int | None = None"""


def page(path, *cells, declared=DECLARED):
    tagged = nbformat.v4.new_code_cell(declared, metadata={"tags": ["parameters"]})
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=[tagged, *code], metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(node))
    return path


@pytest.fixture
def declared(tmp_path):
    return page(tmp_path / "page.ipynb")


def test_the_tagged_cell_gives_names_types_help_and_choices(declared):
    known = execute.parameters(declared)
    assert list(known) == ["dataset", "guidance", "seed", "eta", "quick", "limit"]
    assert known["dataset"].choices == ("glyphs", "omniglot", "folder:*")
    assert known["dataset"].help == "whose drawings"
    assert (known["guidance"].type, known["guidance"].default) == ("list[float]", [0.0, 1.0])
    assert (known["guidance"].least, known["guidance"].most) == (0.0, 100.0)
    assert str(known["guidance"]) == "guidance: list[float] from 0 to 100 = [0.0, 1.0]  # strengths"
    assert str(known["seed"]) == "seed: int from 0 = 0"
    assert str(known["eta"]) == "eta: float = 0.5  # 0 is deterministic"
    assert (
        str(known["dataset"])
        == "dataset: glyphs | omniglot | folder:* = 'glyphs'  # whose drawings"
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", "7", 7),
        ("seed", 7, 7),
        ("eta", "1e-3", 0.001),
        ("eta", 1, 1.0),
        ("quick", "true", True),
        ("quick", False, False),
        ("guidance", "0, 0.5,2", [0.0, 0.5, 2.0]),
        ("guidance", "[1, 2]", [1.0, 2.0]),
        ("guidance", (1, 2), [1.0, 2.0]),
        ("limit", "none", None),
        ("limit", "3", 3),
        ("dataset", "omniglot", "omniglot"),
        ("dataset", "folder:my/own", "folder:my/own"),
    ],
)
def test_values_take_the_declared_type(declared, name, value, expected):
    found = execute.check(declared, {name: value})[name]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "1.5"),
        ("seed", 1.0),
        ("seed", True),
        ("eta", "fast"),
        ("eta", "nan"),
        ("quick", "perhaps"),
        ("quick", 1),
        ("guidance", "a,b"),
        ("guidance", "[1,"),
        ("guidance", 1.0),
        ("guidance", "0,101"),
        ("guidance", "[]"),
        ("seed", -1),
        ("limit", "few"),
        ("dataset", "mnist"),
        ("dataset", 3),
    ],
)
def test_other_values_are_refused_with_the_list_of_known_parameters(declared, name, value):
    with pytest.raises(ParameterError) as error:
        execute.check(declared, {name: value})
    assert str(error.value).startswith(f"{name}={value!r}: expected {name}: ")
    assert "known parameters:\n  dataset: glyphs | omniglot" in str(error.value)


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_pages_take_the_guidance_that_models_take(notebook):
    known = execute.parameters(notebook)
    for name in {"guidance", "strengths"} & known.keys():
        assert (known[name].least, known[name].most) == (0, STRONGEST)


def test_an_unknown_name_is_refused_with_the_list_of_known_parameters(declared):
    with pytest.raises(ParameterError, match="unknown parameter 'gamma'; known") as error:
        execute.check(declared, {"gamma": "1"})
    assert "guidance: list[float]" in str(error.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("seed = 0", "write `name: type = default"),
        ("seed: Tensor = 0", "Tensor is not among"),
        ("seed: int = 1 + x", "must be a literal"),
        ("seed: int = 'zero'", "expected seed: int"),
    ],
)
def test_a_badly_declared_parameter_is_named(tmp_path, line, complaint):
    with pytest.raises(ParameterError, match=complaint):
        execute.parameters(page(tmp_path / "page.ipynb", declared=line))


def test_command_line_words():
    assert execute.assignments(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for words, complaint in [(["a"], "expected name=value"), (["a=1", "a=2"], "given twice")]:
        with pytest.raises(ParameterError, match=complaint):
            execute.assignments(words)


def test_a_page_runs_with_its_parameters_and_signs_itself(tmp_path):
    source = page(tmp_path / "page.ipynb", "import sys; print(sys.executable, seed, dataset, eta)")
    output = execute.run(source, tmp_path / "deep" / "out.ipynb", seed="3", dataset="omniglot")
    node = nbformat.read(output, as_version=4)
    printed = [c.outputs[0].text for c in node.cells if c.cell_type == "code" and c.outputs]
    assert printed == [f"{sys.executable} 3 omniglot 0.5\n"]
    record = node.metadata.oneshot
    assert record.parameters.seed == 3 and record.parameters.eta == 0.5
    assert record.seconds > 0 and record.commit and record.versions.torch and record.device
    assert "seed=3" in node.cells[-1].source and record.commit in node.cells[-1].source
    assert str(tmp_path) not in json.dumps(node.metadata)
    assert [p.name for p in output.parent.iterdir()] == ["out.ipynb"]


def test_progress_bars_leave_nothing_on_the_page_and_other_widgets_stay(tmp_path):
    bars = "from tqdm.auto import tqdm\nsum(tqdm(range(3))) + sum(tqdm(range(2), leave=False))"
    slider = "import ipywidgets as w\nw.HBox([w.IntSlider(7)])"
    source = page(tmp_path / "page.ipynb", bars, slider)
    node = nbformat.read(execute.run(source, tmp_path / "out.ipynb"), as_version=4)
    assert [output.data for output in node.cells[1].outputs] == [{"text/plain": "4"}]
    assert "application/vnd.jupyter.widget-view+json" in node.cells[2].outputs[0].data
    saved = node.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    kinds = {model["model_name"] for model in saved.values()}
    assert {"HBoxModel", "IntSliderModel"} < kinds and "FloatProgressModel" not in kinds


def test_a_failing_cell_is_named_and_nothing_is_written(tmp_path):
    source = page(tmp_path / "page.ipynb", "a = 1", "import json\njson.loads('{')")
    with pytest.raises(PageError, match="cell 3 failed with JSONDecodeError") as error:
        execute.run(source, tmp_path / "out" / "out.ipynb")
    assert "    json.loads('{')" in str(error.value)
    assert re.search(r"raised in \S+decoder.py, line \d+", str(error.value))
    assert not list(tmp_path.glob("out/*"))


def test_a_kernel_that_dies_is_reported_and_nothing_is_written(tmp_path):
    source = page(tmp_path / "page.ipynb", "import os; os._exit(1)")
    with pytest.raises(PageError, match="the kernel stopped"):
        execute.run(source, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()


def test_nothing_runs_when_a_parameter_is_wrong(tmp_path):
    source = page(tmp_path / "page.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ParameterError):
        execute.run(source, tmp_path / "out.ipynb", seed="x")
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out.ipynb").exists()


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    for name, complaint in [("absent", "no such notebook"), ("broken", "not a notebook")]:
        with pytest.raises(PageError, match=complaint):
            execute.run(tmp_path / f"{name}.ipynb", tmp_path / "out.ipynb")


def test_plain_papermill_runs_the_same_page(tmp_path):
    source = page(tmp_path / "page.ipynb", "print(seed)")
    command = ["-m", "papermill", str(source), str(tmp_path / "out.ipynb"), "-p", "seed", "5"]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert node.cells[-1].outputs[0].text == "5\n"


def test_a_folder_is_no_place_for_a_page_and_is_refused_before_anything_runs(tmp_path):
    source = page(tmp_path / "page.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "out").mkdir()
    with pytest.raises(ParameterError, match="is a folder: name the file"):
        execute.run(source, tmp_path / "out")
    assert not (tmp_path / "ran").exists()
