"""The house's own rules: what must be true of every file, whatever it is about."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import lock
import map as maps
import pytest
from places import LOCK, ROOT

MADE = {"__pycache__", "node_modules", "build", "dist"}  # besides every folder whose name begins with a dot
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".sh",
    ".json",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".cfg",
    ".conf",
    ".txt",
    ".svg",
    "",
}
# Places that exist on one machine only, and package indexes: a clone must not depend on either.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|opt)/(?:main|shared|wheels|pypi)\b|/\.pyenv/|(?<![\w.])/Users/\w"
    r"|\bpypi\.(?:org|python)|pythonhosted|registry\.npmjs|deb\.debian\.|archive\.ubuntu\."
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
VERB = re.compile(r"(?<![\w/])\./dev ([a-z][a-z0-9-]*)")
LONGEST = 400  # lines of a source file


def files(*suffixes: str) -> Iterator[Path]:
    """Yield the files of the clone that people wrote."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name == ".ci" or not (name in MADE or name.startswith(".")))
        for name in sorted(names):
            if name != ".git" and Path(name).suffix in (suffixes or TEXT):  # a file where the clone is a work tree
                yield Path(folder, name)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


PAGES = [path for path in files(".md") if name(path) != "docs/map.md"]


def verbs() -> set[str]:
    """Return the verbs that ./dev says it has."""
    shown = subprocess.run(["sh", "dev", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in shown.splitlines() if line.startswith("  ")}


def test_no_file_names_a_place_of_one_machine_or_an_index_of_packages() -> None:
    found = []
    for path in files():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            found += [f"{name(path)}:{number}: {line.strip()[:100]}"] if FOREIGN.search(line) else []
    assert found == []


@pytest.mark.parametrize("path", [LOCK, *files(".lock")], ids=name)
def test_a_lock_file_has_hashes_and_no_address(path: Path) -> None:
    assert lock.faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("--index-url http://one/simple\na==1 --hash=sha256:0\n", "line 1 has '://'"),
        ("--find-links here\na==1 --hash=sha256:0\n", "line 1 has 'find-links'"),
        ("a==1\nb==2 --hash=sha256:0\n", "no hash for a==1"),
    ],
)
def test_a_lock_file_that_must_not_be_committed_is_told(text: str, fault: str) -> None:
    assert fault in lock.faults(text)


def test_source_files_stay_short_enough_to_read() -> None:
    long = {
        name(path): count
        for path in maps.SOURCE.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_verb_that_is_shown_is_there_and_the_other_way_round() -> None:
    text = (ROOT / "dev").read_text()
    cases = set(re.findall(r"^    ([a-z0-9-]+)(?: \|[^)]*)?\)", text, re.MULTILINE))
    assert cases - {"help"} == verbs()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_dev_verb_on_a_page_exists(page: Path) -> None:
    assert set(VERB.findall(page.read_text())) <= verbs() | {"help"}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "map.md"], ids=name)
def test_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    targets = [(one or two).partition("#")[0] for one, two in LINK.findall(page.read_text())]
    local = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_readme_opens_with_what_it_is_and_the_two_commands() -> None:
    opening = (ROOT / "README.md").read_text().splitlines()[:40]
    assert opening[0] == "# Shipway"
    assert "./dev demo" in opening
    assert "./dev test" in opening


def test_every_command_of_the_project_is_importable_by_name() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for target in scripts.values():
        module = ROOT / "src" / Path(*target.partition(":")[0].split(".")).with_suffix(".py")
        assert module.is_file()
