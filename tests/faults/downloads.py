"""Two small data sets on a server of this machine, and fetching them."""

import contextlib
import http.server
import os
import signal
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from drawings import conftest

from oneshot.drawings import identity, omniglot, registry

CATEGORIES = ["cat", "the bus", "zebra"]
PER_CATEGORY = 1500
PIECE = 1 << 14
address = ""


class Slow(conftest.Handler):
    """Gives files piece by piece, as a network does."""

    def setup(self):
        super().setup()
        write = self.wfile.write

        def slowly(content):
            with contextlib.suppress(OSError):  # who asked was killed
                for start in range(0, len(content), PIECE):
                    write(content[start : start + PIECE])
                    time.sleep(0.001)

        self.wfile = SimpleNamespace(
            write=slowly, flush=self.wfile.flush, close=self.wfile.close, closed=False
        )


@contextlib.contextmanager
def served():
    """Serve the files from a process of its own, and let them count as the official ones."""
    global address
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for archive in conftest.ALPHABETS:
            conftest.omniglot_archive(folder / f"{archive}.zip", archive)
        for number, category in enumerate(CATEGORIES):
            conftest.ndjson(folder / f"{category}.ndjson", 3000, start=10_000 * number)
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        hashes = {f: identity.sha256(folder / f) for f in files if f.endswith(".zip")}
    registry.OMNIGLOT = hashes
    registry.categories = lambda: CATEGORIES
    omniglot.CHARACTERS = dict(zip(omniglot.ARCHIVES, (12, 6), strict=True))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.files, server.asked, server.errors, server.breaks, server.ranges = (
        files,
        [],
        [],
        [],
        True,
    )
    address = f"http://127.0.0.1:{server.server_port}/files/"
    pid = os.fork()
    if not pid:
        server.serve_forever()
    server.server_close()
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def fetch(folder: Path) -> None:
    """Fetch both data sets into a folder."""
    os.environ["ONESHOT_DATA"] = str(folder)
    for dataset in ("omniglot", "quickdraw"):
        (folder / dataset).mkdir(exist_ok=True)
        registry.fetch(dataset, PER_CATEGORY, mirror=address)
