"""Commands print what they promise on standard output and explain themselves on standard error."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from oneshot import cli, shipped, store, systems
from oneshot.drawings import registry
from oneshot.recipes import ReleasedCritic, presets


@pytest.fixture(autouse=True)
def quiet_root_logger():
    """Commands set up logging for a process of their own."""
    yield
    for handler in list(logging.root.handlers):
        if type(handler) is logging.StreamHandler:
            logging.root.removeHandler(handler)


@pytest.fixture
def said(capsys):
    """Return a function that runs a command: its exit status, standard output and error."""

    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(word) for word in words])
        return stopped.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def told(said):
    """Return a function that runs a command with --json and returns its document."""

    def run(*words, status=0):
        code, out, err = said(*words, "--json")
        assert code == status, err
        return json.loads(out)

    return run


def one_sentence(err):
    lines = err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("oneshot: "), err
    return lines[0]


def test_help_lists_the_commands_and_needs_no_torch():
    code = (
        "import sys; from oneshot.cli import main\n"
        "try: main(['--help'])\n"
        "finally: assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in ("data", "make", "score", "results", "run", "sweep", "book", "zoo", "bench"):
        assert f"\n    {command} " in done.stdout


# oneshot data


def test_data_list(told, said):
    rows = told("data", "list")
    assert [row["name"] for row in rows] == ["glyphs", "omniglot", "quickdraw"]
    assert rows[0]["there"] and rows[0]["concepts"] == 1209
    status, out, _ = said("data", "list")
    assert status == 0 and out.startswith("glyphs") and len(out.splitlines()) == 3


def test_data_info(told, tmp_path, monkeypatch):
    about = told("data", "info", "glyphs")
    assert about["train"] + about["validation"] + about["test"] == about["concepts"]
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "quickdraw").mkdir()
    about = told("data", "info", "quickdraw", status=1)
    assert not about["there"] and "oneshot data fetch quickdraw" in about["problem"]


def test_data_verify_fails_when_something_is_not_sound(told, tmp_path, monkeypatch):
    assert told("data", "verify", "glyphs")[0]["ok"]
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "omniglot").mkdir()
    findings = told("data", "verify", "omniglot", status=1)
    assert [finding["ok"] for finding in findings] == [False, False]


def test_data_fetch_hands_over_what_it_is_told(told, monkeypatch):
    asked = []
    monkeypatch.setattr(registry, "fetch", lambda *words: asked.append(words) or ["done"])
    assert told("data", "fetch", "quickdraw", "--per-category", "7", "--mirror", "http://x") == [
        "done"
    ]
    assert asked == [("quickdraw", 7, "http://x")]


# oneshot make, oneshot score


def test_make_says_where_the_artefact_is(told, smoke):
    about = told("make", "drawings", "--dataset", "glyphs", "--preset", "smoke")
    assert Path(about["path"]).exists()
    assert about["key"] == presets.drawings("glyphs", "smoke").key


MEASURES = ("diversity", "diversity_raw", "originality", "recognizability")


@pytest.fixture
def human_scores(told, smoke):
    return told("score", "human", "--dataset", "glyphs", "--preset", "smoke")


def test_score_gives_values_with_intervals_and_bins(human_scores):
    for name in MEASURES:
        measure = human_scores[name]
        assert measure.keys() >= {"value", "low", "high"}
        assert measure["low"] <= measure["value"] <= measure["high"]
    assert 0 <= human_scores["recognizability"]["value"] <= 100
    assert len(human_scores["bins"]) == 10
    originalities = [originality for originality, _ in human_scores["bins"]]
    assert originalities == sorted(originalities)
    against, own = (human_scores[n] for n in ("originality_human_normaliser", "originality"))
    assert against == pytest.approx(own, rel=1e-4), "people are measured in their own units"
    assert human_scores["dataset"] == "glyphs" and human_scores["critics"] == "own"


def test_score_of_a_model_at_some_guidance(told, said, smoke):
    words = ("score", "ldm", "--dataset", "glyphs", "--preset", "smoke", "--guidance", "0.5")
    table = told(*words)
    assert table["guidance"] == 0.5 and table["diversity"]["value"] > 0
    human, own = (table[name]["value"] for name in ("originality_human_normaliser", "originality"))
    assert human > 0 and human != own
    status, out, _ = said(*words)
    assert status == 0 and "recognizability" in out and "bins" in out


# What is asked for wrongly


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("data", "info", "mnist"), "unknown dataset 'mnist'; known: glyphs"),
        (("data", "verify"), "say of which dataset: oneshot data verify DATASET"),
        (("data", "list", "omniglot"), "did you mean `data info omniglot`?"),
        (("data", "info", "folder"), "say which folder: folder:PATH"),
        (("score", "human", "--dataset", "folder:"), "say which folder: folder:PATH"),
        (("make", "potion", "--preset", "smoke"), "unknown system 'potion'; known: "),
        (("score", "nobody", "--preset", "smoke"), "unknown system 'nobody'; known: human"),
        (("score", "human", "--dataset", "mnist"), "unknown dataset 'mnist'"),
        (("score", "human", "--critics", "released"), "the released critics judge only Omniglot"),
        (("score", "ldm", "--guidance", "nan"), "which is none, to 100, not nan"),
        (("score", "ldm", "--guidance", "-1"), "which is none, to 100, not -1"),
        (("score", "ldm", "--guidance", "1e300"), "which is none, to 100, not 1e+300"),
        (("make", "vae-stn", "--variant", "beta"), "--variant beta: expected name=value"),
        (("make", "vae-stn", "--variant", "beta=x"), "beta is a number, not x"),
        (("results", "framework", "--dataset", "folder:/nope"), "/nope is not a folder"),
        (("run", "missing.ipynb"), "missing.ipynb: no such notebook"),
        (("zoo", "show"), "say which entry"),
        (("zoo", "show", "unicorn"), "no 'unicorn' in the zoo"),
        (("zoo", "verify", "glyphs-ldm"), "`oneshot zoo verify` is of all entries, not one"),
        (("bench", "--only", "nothing-like-it"), "no benchmark has 'nothing-like-it'"),
        (("results", "concepts", "--system", "ldm"), "depends on no system: leave out --system"),
        (("sweep", "missing.yaml"), "missing.yaml"),
    ],
)
def test_bad_input_gives_one_sentence(said, words, message):
    status, out, err = said(*words)
    assert status == 1 and out == ""
    assert message in one_sentence(err)


def test_missing_data_give_one_sentence(said, tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "omniglot").mkdir()
    status, out, err = said("score", "human", "--dataset", "omniglot", "--preset", "smoke")
    assert status == 1 and out == ""
    assert "images_background.zip is missing; run `oneshot data fetch omniglot`" in err
    assert "Traceback" not in err


def test_missing_released_critics_are_named_with_the_place_they_go(said, tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "critics").mkdir()
    critic = ReleasedCritic("recognition")
    monkeypatch.setattr(presets, "scores", lambda drawn, critics: critic)
    status, out, err = said("score", "human", "--preset", "smoke", "--critics", "released")
    assert status == 1 and out == ""
    assert f"{tmp_path / 'critics' / 'proto_net_omniglot.pt'} is missing" in one_sentence(err)
    assert "set ONESHOT_DATA" in err


def test_json_has_null_for_what_json_has_not(told, monkeypatch):
    row = {"name": "odd", "there": True, "concepts": 1, "about": [float("nan"), float("inf"), 0.5]}
    monkeypatch.setattr(registry, "overview", lambda: [row])
    assert told("data", "list") == [row | {"about": [None, None, 0.5]}]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("paint",),
        ("data", "burn"),
        ("score",),
        ("score", "human", "--guidance", "strong"),
        ("score", "human", "--preset", "huge"),
        ("zoo", "--jason"),
    ],
)
def test_words_that_are_no_command_exit_with_2(said, words):
    status, out, err = said(*words)
    assert status == 2 and out == "" and "error: " in err


def test_a_fault_of_the_package_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(registry, "overview", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["data", "list"])


def test_an_interrupt_is_no_traceback(said, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(registry, "overview", interrupted)
    status, out, err = said("data", "list")
    assert status == 130 and out == ""
    assert "interrupted" in one_sentence(err)


# oneshot run, oneshot bench


def test_run_refuses_unknown_parameters_with_the_known_ones(said, tmp_path):
    cell = nbformat.v4.new_code_cell("seed: int = 0", metadata={"tags": ["parameters"]})
    page = tmp_path / "page.ipynb"
    page.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    status, out, err = said("run", page, "-p", "sead=3")
    assert status == 1 and out == ""
    assert "unknown parameter 'sead'" in err and "seed: int = 0" in err
    status, _, err = said("run", page, "-p", "seed")
    assert status == 1 and "-p seed: expected name=value" in one_sentence(err)


def test_run_prints_where_the_page_is(said, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        "oneshot.execute.run",
        lambda page, output, **values: given.append((page, output, values)) or Path("there"),
    )
    status, out, _ = said("run", "a.ipynb", "-p", "x=1", "-p", "y=a b", "-o", tmp_path / "o.ipynb")
    assert status == 0 and out == "there\n"
    assert given == [(Path("a.ipynb"), tmp_path / "o.ipynb", {"x": "1", "y": "a b"})]


def test_bench_runs_every_file_with_rows(told, tmp_path, monkeypatch):
    row = "{'name': NAME, 'ours_s': 1.0, 'plain_s': 3.0, 'ratio': 3.0, 'target': 2}"
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "quick_one.py").write_text(
        f"NAME = 'one'\ndef row():\n    return {row}\n"
    )
    (tmp_path / "benchmarks" / "quick_two.py").write_text(
        f"NAME = 'two'\ndef rows():\n    return [{row}, {row}]\n"
    )
    monkeypatch.setattr(shipped, "CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)
    try:
        rows = told("bench", "--only", "quick")
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
            del sys.modules[name]
    assert [row["name"] for row in rows] == ["one", "two", "two"]
    assert rows[0].keys() == {"name", "ours_s", "plain_s", "ratio", "target"}


# Purity of standard output, as another program sees it


def oneshot(*words, **options):
    command = [sys.executable, "-c", "from oneshot.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_a_scored_document_is_all_there_is_on_standard_output(smoke, tmp_path, monkeypatch):
    """In a fresh store, so that drawing, training and scoring all show their progress."""
    monkeypatch.setenv("ONESHOT_CACHE", str(smoke.runs.parent))
    smoke.get(presets.recognition_critic("glyphs", "smoke"))
    human = presets.scores(systems.samples("human", "glyphs", "smoke"))
    smoke.path(human).unlink(missing_ok=True)
    done = oneshot("score", "human", "--dataset", "glyphs", "--preset", "smoke", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["concepts"] >= 2
    assert done.stdout.startswith("{") and done.stdout.endswith("}\n")
    assert "making Scores" in done.stderr


def test_a_reader_that_stops_listening_is_no_fault(tmp_path):
    command = f"'{sys.executable}' -c 'from oneshot.cli import main; main()' data list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_the_default_store_is_that_of_the_tests(smoke):
    assert store.default() is smoke


def test_the_sizes_of_the_command_are_those_of_recipes():
    assert cli.SIZES == presets.PRESETS
