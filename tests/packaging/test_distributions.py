"""What is published, and the commands that install it until it is."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

import cdk_cleanroomsml

from ..by_night import the_rest_by_night
from ..clone import left_out

REPOSITORY = Path(__file__).parents[2]
PAGES = ("README.md", "docs/getting-started.md")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    build = [sys.executable, "-m", "uv", "build", "--sdist", "--no-build-isolation", "--quiet"]
    subprocess.run([*build, "--out-dir", str(folder)], cwd=REPOSITORY, check=True)
    (archive,) = folder.glob("*.tar.gz")
    return archive


def commands(page: str) -> list[str]:
    """The one that builds the wheel, and the one that installs it."""
    return re.findall(r"^pip (?:wheel|install) .*$", (REPOSITORY / page).read_text(), re.MULTILINE)


def test_the_commands_that_install_it_differ_in_folders_alone() -> None:
    build, install = commands("docs/getting-started.md")
    readme = [build.replace("--wheel-dir . ../cdk-cleanroomsml", "--wheel-dir dist ."), install.replace("./", "dist/")]
    assert readme == commands("README.md")


@pytest.mark.parametrize("page", the_rest_by_night(PAGES, {"README.md"}, "those of the README run; it has the same"))
def test_the_commands_that_install_it_do(page: str, sdist: Path, tmp_path: Path) -> None:
    """In an unpacked source distribution, so that a build leaves nothing in the clone."""
    shutil.unpack_archive(sdist, tmp_path)
    clone = (tmp_path / sdist.name.removesuffix(".tar.gz")).rename(tmp_path / "cdk-cleanroomsml")
    folder = clone if page == "README.md" else tmp_path / "lookalikes"
    folder.mkdir(exist_ok=True)
    build, install = commands(page)
    # What isn't this package's comes from the registry, which is the lock's concern, not this test's.
    there = ["--no-deps", "--no-compile", "--target", str(tmp_path / "site")]
    for line, more in ((build, ["--no-build-isolation"]), (install, there)):
        subprocess.run([sys.executable, "-m", *shlex.split(line), "--quiet", *more], cwd=folder, check=True)
    package = tmp_path / "site" / "cdk_cleanroomsml"
    # The page that the command for operators reads, and none of the texts beside the patches of MiniStack.
    assert [path.relative_to(package).as_posix() for path in package.rglob("*.md")] == ["operators/operators.md"]
    (installed,) = metadata.distributions(path=[str(tmp_path / "site")])
    assert installed.name == "cdk-cleanroomsml"
    assert installed.version == cdk_cleanroomsml.__version__
    assert installed.metadata.get_all("Provides-Extra") == ["cli", "local"]


def test_the_source_distribution_holds_what_builds_and_tests_it(sdist: Path) -> None:
    with tarfile.open(sdist) as opened:
        names = [name.partition("/")[2] for name in opened.getnames()]
    assert {"constructs_pkg/cdk_cleanroomsml/__init__.py", "hatch_build.py", "pyproject.toml"} <= {*names}
    assert "constructs_pkg/cdk_cleanroomsml/local/ministack_patches/bucket_encryption.md" in names
    # npm's settings, and what a build from it leaves out: an environment, say, that was set up in it.
    assert {".npmrc", ".gitignore"} <= {*names}
    assert [name for name in names if name.startswith((".ci", ".github", "benchmarks/results/"))] == []


def test_links_of_the_readme_survive_on_an_index_page() -> None:
    absolute = runpy.run_path(str(REPOSITORY / "hatch_build.py"))["absolute"]
    text = absolute((REPOSITORY / "README.md").read_text(), "https://code.example/owner/project", "v1.2.3")
    shown = re.findall(r"!\[[^]]*\]\(([^)]*)\)|<(?:img|source)[^>]* src(?:set)?=\"([^\"]*)\"", text)
    assert shown
    assert all(
        address.startswith("https://code.example/owner/project/raw/v1.2.3/docs/") for address in map("".join, shown)
    )
    assert "](https://code.example/owner/project/blob/v1.2.3/docs/guides/retraining.md)" in text
    assert "](#the-whole-chain)" in text
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\]\((?!https://|#)[^)]*\)", prose) == []
    html = '<img src="docs/a.svg"> <a href="LICENSE">'
    assert (
        absolute(html, "https://x", "v1")
        == '<img src="https://x/raw/v1/docs/a.svg"> <a href="https://x/blob/v1/LICENSE">'
    )


def test_the_public_names_are_shown() -> None:
    assert dir(cdk_cleanroomsml) == sorted([*cdk_cleanroomsml.__all__, "__version__"])
    assert metadata.version("cdk-cleanroomsml") == cdk_cleanroomsml.__version__


def test_what_a_source_distribution_leaves_out_is_skipped_there_alone(tmp_path: Path) -> None:
    assert left_out(".github", tmp_path).args == (True,)
    assert "no .github" in left_out(".github", tmp_path).kwargs["reason"]
    (tmp_path / ".git").touch()  # as in a worktree
    assert left_out(".github", tmp_path).args == (False,)
