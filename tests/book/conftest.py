"""A small book with one slider, built once, and a browser that reaches only this machine."""

import contextlib
import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest
from small import BOARD, EXPLORER, PLOT, ROOT, SLIDER, TABLE, lay_out

from oneshot import book

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def libraries() -> Path:
    """The vendored browser libraries, fetched into the checkout's own build folder if absent."""
    folder = ROOT / "book" / "_build" / "vendor"
    book.vendor(ROOT, folder)
    return folder


@pytest.fixture(scope="session")
def unchanging_package():
    """Let nobody who edits the package meanwhile make pages look out of date."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "_package_key", lambda: "package")
        yield


@pytest.fixture(scope="session")
def small_book(tmp_path_factory, libraries, unchanging_package) -> Path:
    """The folder of the built small book."""
    root = lay_out(tmp_path_factory.mktemp("book"), SLIDER, TABLE, EXPLORER, BOARD, PLOT)
    shutil.copytree(libraries, root / "book" / "_build" / "vendor")
    return book.build(root).parent


@pytest.fixture(scope="session")
def launched():
    """Return a function that launches Chromium of the system, with every other host blocked."""
    sync_api = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no chromium on this machine: `apt-get install chromium` to run the page tests")
    blocked = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_api.sync_playwright() as playwright:
        launch = functools.partial(playwright.chromium.launch, executable_path=found)
        yield lambda *more: launch(args=["--no-sandbox", blocked, *more])


@pytest.fixture(scope="session")
def browser(launched):
    """Chromium as it comes, without a graphics processor."""
    return launched()


@pytest.fixture
def open_page(browser):
    """Return a function that opens an address and a list of what a page must not do."""
    with opening(browser) as opened:
        yield opened


@contextlib.contextmanager
def opening(browser):
    """Give a function that opens pages of a browser, and close them at the end."""
    contexts = []

    def opened(address: str, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        faults: list[str] = []
        page.on("console", lambda m: m.type == "error" and faults.append(f"console: {m.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))

        def asked(request) -> None:
            if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:")):
                faults.append(f"external: {request.url}")

        page.on("request", asked)
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.goto(address)
        return page, faults

    yield opened
    for context in contexts:
        context.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Says of scripts that they are UTF-8, as GitHub Pages does even where they are not."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript; charset=utf-8"
    }

    def log_message(self, *args) -> None:
        pass


@pytest.fixture(params=["file", "http"])
def address(request):
    """Return a function from a folder to its address, over file:// and then over http."""
    if request.param == "file":
        yield lambda folder: folder.as_uri()
        return
    servers = []

    def served(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()
