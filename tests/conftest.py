"""What all tests share: a store of their own, and the smallest trained artefacts."""

import os
from pathlib import Path

import pytest
import torch

from oneshot import store
from oneshot.recipes import presets
from oneshot.store import Store

pytest_plugins = ("soak",)
REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def seeded():
    """Let a test that passes once pass always, in whatever order and on whatever worker."""
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep the tests out of the user's cache and the user's data out of the tests."""
    names = ("ONESHOT_CACHE", "ONESHOT_DATA", "ONESHOT_ZOO", "ONESHOT_DEVICE")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ["ONESHOT_CACHE"] = str(_shared(tmp_path_factory) / "cache")
    store._default = None
    yield
    del os.environ["ONESHOT_CACHE"]
    os.environ.update(before)
    store._default = None


@pytest.fixture(scope="session")
def smoke(own_cache) -> Store:
    """The store in which the artefacts of preset "smoke" are made once for all tests.

    It is the default store too, so that commands and notebooks find the same artefacts.
    """
    return store.default()


@pytest.fixture(scope="session")
def judges(smoke) -> Store:
    """The store `smoke` with its critics in it."""
    smoke.get(presets.recognition_critic("glyphs", "smoke"))
    return smoke


@pytest.fixture
def store_apart(smoke, tmp_path, monkeypatch) -> Store:
    """The store `smoke` with a table of results that no other test, or worker, writes."""
    cache = tmp_path / "cache of its own"
    cache.mkdir()
    (cache / "runs").symlink_to(smoke.runs, target_is_directory=True)
    monkeypatch.setenv("ONESHOT_CACHE", str(cache))
    monkeypatch.setattr(store, "_default", Store(cache, smoke.zoo))
    return store.default()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real Omniglot and Quick, Draw! drawings."""
    if not REAL.is_dir():
        pytest.skip(f"no real drawings in {REAL}")
    return REAL


@pytest.fixture
def git_lfs_pointer() -> bytes:
    """What lies in the place of a file that Git LFS has not fetched."""
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n".encode()


def _shared(tmp_path_factory) -> Path:
    """Return a folder that all workers of a parallel run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
