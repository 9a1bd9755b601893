"""The places that say what is installed must say the same."""

import importlib.metadata as metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = set(PROJECT["optional-dependencies"])


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)", pin) for pin in pins]
    assert all(found), "constraints.txt may hold only `name==version` lines and comments"
    names = [canonicalize_name(pin[1]) for pin in found]
    assert len(names) == len(set(names)), "a package is pinned twice"
    return {name: Version(pin[2]) for name, pin in zip(names, found, strict=True)}


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for group in (PROJECT["dependencies"], *extras) for line in group]


def closure() -> set[str]:
    """Names of everything that the requirements pull in, by the metadata of what is installed."""
    seen: set[tuple[str, str]] = set()
    waiting = [(r.name, extra) for r in requirements() for extra in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            pytest.skip(f"{name} is not installed; run `make setup` to check the pins")
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting += [(need.name, inner) for inner in ("", *need.extras)]
    return {name for name, _ in seen}


def test_every_requirement_is_pinned_to_a_version_it_allows():
    pinned = pins()
    for requirement in requirements():
        version = pinned[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement} but constraints.txt has {version}"


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info[:2] != (3, 11),
    reason="constraints.txt was resolved for Python 3.11 on Linux",
)
def test_constraints_pin_what_is_pulled_in_and_nothing_else():
    pulled, pinned = closure(), set(pins())
    # The Linux wheel of torch from the package index brings CUDA libraries that it pins itself.
    cuda = ("nvidia-", "cuda-", "triton")
    missing = {name for name in pulled - pinned if not name.startswith(cuda)}
    assert not missing, f"add to constraints.txt: {sorted(missing)}"
    assert not pinned - pulled, f"nothing needs these pins: {sorted(pinned - pulled)}"


def test_torch_is_pinned_without_a_local_label():
    assert pins()["torch"] == Version("2.13.0")


def test_environment_yml_installs_the_same_extras_with_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    python = next(line for line in conda if line.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert "pip" in conda
    constraint, editable = pip["pip"]
    assert constraint == "-c constraints.txt"
    assert set(re.fullmatch(r"-e \.\[([\w,]+)\]", editable)[1].split(",")) == EXTRAS


def test_makefile_installs_the_same_extras_with_the_same_pins():
    text = (ROOT / "Makefile").read_text()
    assert set(re.search(r"^EXTRAS := (.*)$", text, re.M)[1].split(",")) == EXTRAS
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert installs and all("-c constraints.txt" in line for line in installs)


def test_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert str(citation["version"]) == PROJECT["version"]
