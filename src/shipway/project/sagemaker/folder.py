"""A whole folder: which file is looked at for what."""

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from shipway.domain.finding import FaultRule, Finding
from shipway.project.sagemaker import build, python, template

SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", ".shipway", ".aws-sam", "site-packages", "cdk.out"}
LOCKS = {"requirements.lock", "uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock"}
REQUIREMENTS = re.compile(r"requirements.*\.txt")
LARGEST = 2**20  # bytes of a file that is read whole
COMMENTED_PUBLISH = re.compile(r"^\s*#+\s*\w*.*\.(?:publish|start_pipeline_execution)\s*\(")


def find_faults(folder: Path) -> list[Finding]:
    """Return the known faults of a project, by rule, file and line. Nothing is run or changed."""
    files = dict(_files(folder))
    columns = frozenset(_columns(folder))
    empties = any(build.empties_buckets(text) for name, text in files.items() if _is_script(name, text))
    locked = {name.rpartition("/")[0] for name in files if name.rpartition("/")[2] in LOCKS}
    looked = {name: text for name, text in files.items() if not _is_locked(name, locked)}
    found = [each for name, text in looked.items() for each in _of(name, text, columns, empties)]
    return sorted(set(found), key=lambda each: (int(each.rule[1:]), each.file, each.line, each.what))


def _of(name: str, text: str, columns: frozenset[str], empties: bool) -> Iterator[Finding]:
    base = name.rpartition("/")[2]
    if base.endswith(".py") or (text.startswith("#!") and "python" in text.partition("\n")[0]):
        yield from python.python_faults(name, text)
        yield from _commented(name, text)
    elif REQUIREMENTS.fullmatch(base):
        yield from build.requirement_faults(name, text)
    elif base.startswith("Dockerfile") or base.endswith(".Dockerfile"):
        yield from build.dockerfile_faults(name, text)
    elif base.startswith("buildspec"):
        yield from build.buildspec_faults(name, text)
    elif _is_script(name, text):
        yield from build.script_faults(name, text)
    elif base.endswith((".yml", ".yaml", ".json", ".template")):
        yield from template.template_faults(name, text, columns, empties)


def _is_locked(name: str, locked: set[str]) -> bool:
    """Whether it is what a lock file beside it was made from: then the lock says the versions."""
    folder, _, base = name.rpartition("/")
    return folder in locked and REQUIREMENTS.fullmatch(base) is not None


def _commented(name: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if COMMENTED_PUBLISH.match(line):
            yield Finding(
                rule=FaultRule.SWITCHED_OFF,
                file=name,
                line=number,
                what=f"a notice or a start is commented out: {line.strip().lstrip('# ')[:80]}",
                remedy="take the comment sign away, or the line",
            )


def _is_script(name: str, text: str) -> bool:
    shell = re.match(r"#!.*\b(?:ba|da|z)?sh\b", text)
    return name.endswith((".sh", ".bash")) or name.rpartition("/")[2] == "Makefile" or shell is not None


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the text files below a folder that are not too large, by their relative names."""
    for path in _walk(folder):
        try:
            if path.stat().st_size <= LARGEST:
                yield path.relative_to(folder).as_posix(), path.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            continue


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (Path(root) / name for name in sorted(names))


def _columns(folder: Path) -> Iterator[str]:
    """Yield the columns that the folder's data has: of CSV headers, and of Model Monitor's own files."""
    for path in _walk(folder):
        try:
            if path.suffix == ".csv":
                with path.open(newline="", encoding="utf-8-sig") as file:
                    yield from next(csv.reader([file.readline()]), [])
            elif path.name in ("constraints.json", "statistics.json"):
                yield from (str(each["name"]) for each in json.loads(path.read_bytes())["features"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
