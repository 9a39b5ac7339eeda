"""A browser and a server on this machine, for printing the site and for testing it."""

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# A browser that may not reach the network should not try to, for its own purposes.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Quiet(SimpleHTTPRequestHandler):
    """A server of files that keeps no log."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def chromium() -> str | None:
    """Return the path of Chromium, or ``None`` where there is none."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    found = [os.environ.get("CHROMIUM"), "/usr/bin/chromium", *map(shutil.which, names)]
    return next((path for path in found if path and Path(path).exists()), None)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve ``folder`` on localhost; give its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
