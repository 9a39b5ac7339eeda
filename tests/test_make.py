"""What `make` says when something is missing or broken: one line, and the good site stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
GOOD_SITE = "an earlier good site"


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make in ``folder`` as a person would in a shell."""
    # A make that runs the tests tells its children to speak and behave as its own parts.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines on stderr but for make's own that a recipe has failed."""
    return [line for line in result.stderr.splitlines() if "***" not in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    for name in ["Makefile", "pyproject.toml", "_config.yml", "_toc.yml"]:
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "requirements.lock").write_text("numpy==2.0.0\n")
    for name in ["chapters", "exercises", "lossfns"]:
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def project(checkout: Path) -> Path:
    """A checkout with this environment, one page, and a site from an earlier build."""
    (checkout / ".venv").symlink_to(sys.prefix)
    for name in ["_ext", "_static"]:
        shutil.copytree(ROOT / "chapters" / name, checkout / "chapters" / name)
    shutil.copy(ROOT / "chapters" / "references.bib", checkout / "chapters")
    shutil.copytree(ROOT / "lossfns", checkout / "lossfns", dirs_exist_ok=True)
    (checkout / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    (checkout / "chapters" / "index.md").write_text("# A page\n")
    site = checkout / "_build" / "html" / "index.html"
    site.parent.mkdir(parents=True)
    site.write_text(GOOD_SITE)
    os.utime(site, (0, 0))
    return checkout


def pretender(folder: Path, preparation: str) -> str:
    """Return a command that is this Python after ``preparation``, for `python -c CODE`."""
    command = folder / "pretender"
    command.write_text(
        f"#!{sys.executable}\nimport sys, platform\n{preparation}\nexec(sys.argv[2])\n"
    )
    command.chmod(0o755)
    return str(command)


def test_no_python(checkout: Path) -> None:
    """Named as it was asked for."""
    result = make(checkout, "book", "PYTHON=python-that-is-not-there")
    assert result.returncode != 0
    [line] = said(result)
    assert "there is no python-that-is-not-there; install Python 3.11" in line


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_python_too_old_or_too_new(checkout: Path, version: tuple[int, int, int]) -> None:
    """Said before anything is downloaded for it in vain."""
    text = ".".join(map(str, version))
    preparation = f"sys.version_info = {version}\nplatform.python_version = lambda: '{text}'"
    result = make(checkout, "book", f"PYTHON={pretender(checkout, preparation)}")
    assert result.returncode != 0
    [line] = said(result)
    assert f"is Python {text}; the course needs 3.11, 3.12 or 3.13" in line
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_no_venv_or_ensurepip(checkout: Path, module: str) -> None:
    """Debian ships Python without them, and says so in four lines on the wrong stream."""
    python = pretender(checkout, f"sys.modules['{module}'] = None")
    result = make(checkout, "book", f"PYTHON={python}")
    assert result.returncode != 0
    [line] = said(result)
    assert "has no venv module; install it" in line
    assert not (checkout / ".venv").exists()


def test_offline(checkout: Path) -> None:
    """pip's own noise goes to a file that the line names, and no later run takes it for done."""
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_NO_CACHE_DIR": "1",
    }
    result = make(checkout, "book", f"PYTHON={sys.executable}", **nowhere)
    assert result.returncode != 0
    [line] = said(result)
    assert "is there a network? Details in .venv/install.log" in line
    assert "numpy" in (checkout / ".venv" / "install.log").read_text()
    assert not (checkout / ".venv" / ".installed").exists()


def test_a_broken_cell_stops_the_build(project: Path) -> None:
    """Page, cell and error in one line; the page and the earlier site stay as they were."""
    cells = [
        nbformat.v4.new_code_cell("import math", id="first"),
        nbformat.v4.new_code_cell("math.sqrt(4) / 0", id="second"),
    ]
    page = project / "chapters" / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), page)
    before = page.read_bytes()
    result = make(project, "-o", ".venv/.installed", "book")
    assert result.returncode != 0
    expected = "chapters/page.ipynb, cell 2 (id second): ZeroDivisionError: float division by zero"
    assert said(result) == [expected]
    assert page.read_bytes() == before
    assert (project / "_build" / "html" / "index.html").read_text() == GOOD_SITE


def test_a_broken_formula_stops_the_build(project: Path) -> None:
    """Page and formula are named, in the same run as a reference that leads nowhere."""
    page = project / "chapters" / "index.md"
    page.write_text("# A page\n\nOne $\\frac{1}$ and {doc}`nothing`.\n")
    result = make(project, "-o", ".venv/.installed", "book")
    assert result.returncode != 0
    assert "chapters/index.md:3: WARNING: KaTeX parse error" in result.stderr
    assert r"in the formula \frac{1}" in result.stderr
    assert "unknown document: 'nothing'" in result.stderr
    assert (project / "_build" / "html" / "index.html").read_text() == GOOD_SITE


def test_a_build_replaces_the_site_and_is_not_repeated(project: Path) -> None:
    """Until a source changes or goes."""
    extra = project / "chapters" / "extra.txt"
    extra.touch()
    first = make(project, "-o", ".venv/.installed", "book")
    assert first.returncode == 0, first.stderr
    assert "A page" in (project / "_build" / "html" / "chapters" / "index.html").read_text()
    # Without an environment, all that make can do is nothing.
    (project / ".venv").unlink()
    (project / ".venv").mkdir()
    assert make(project, "-o", ".venv/.installed", "book").returncode == 0
    extra.unlink()
    assert make(project, "-o", ".venv/.installed", "book").returncode != 0


def test_help_names_every_command() -> None:
    """A command that help does not name is not found."""
    listed = {line.split()[1] for line in make(ROOT, "help").stdout.splitlines()}
    commands = {"book", "test", "pdf", "lab", "serve", "execute", "format", "lock", "clean", "help"}
    assert listed == commands | {"bench", "mutants"}
