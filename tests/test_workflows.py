"""The workflows are well-formed and ask for what there is; hooks check what `make check` checks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def lint(*files: Path) -> subprocess.CompletedProcess:
    words = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True)


def test_workflows_are_well_formed():
    assert len(WORKFLOWS) == 3
    done = lint(*WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_a_workflow_with_a_slip_is_found(tmp_path):
    slip = tmp_path / "slip.yml"
    slip.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    done = lint(slip)
    assert done.returncode == 1 and "runs-on" in done.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_they_make_what_can_be_made(file):
    jobs = yaml.safe_load(file.read_text())["jobs"]
    lines = [step["run"] for job in jobs.values() for step in job.get("steps", []) if "run" in step]
    asked = re.findall(r"^make (?:PYTHON=\S+ )?(\S+)", "\n".join(lines), re.M)
    assert set(asked) <= TARGETS
    called = [job["uses"] for job in jobs.values() if "uses" in job]
    assert all((ROOT / name).is_file() for name in called)
    for job in jobs.values():
        needs = job.get("needs", [])
        assert {*([needs] if isinstance(needs, str) else needs)} <= jobs.keys()


def test_tests_run_on_each_python_that_is_supported():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text())["jobs"]
    pythons = jobs["tests"]["strategy"]["matrix"]["python"]
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    assert all(SpecifierSet(asked).contains(version) for version in pythons)


def test_a_commit_is_checked_as_by_make_check():
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)[1]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    told = [
        re.search(r"\.venv/bin/(\w+(?: check| format)?)", line)[1] for line in check.splitlines()
    ]
    kept = [re.search(r"\.venv/bin/(\w+(?: check| format)?)", hook["entry"])[1] for hook in hooks]
    assert sorted(told) == sorted(kept)
