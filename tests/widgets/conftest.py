"""What tests of pages have in common: made-up tables, and no drawings at hand."""

import made_up
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def found(folder):
    return made_up.comparison(folder)


@pytest.fixture(scope="module")
def quick(folder):
    return made_up.comparison(folder, "speed")
