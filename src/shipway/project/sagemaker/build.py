"""Faults in what builds and cleans up: requirements, Dockerfiles, buildspecs, shell scripts. Line by line."""

import re
from collections.abc import Iterator

from shipway.domain.finding import FaultRule, Finding

WITHDRAWN = {"sklearn": "scikit-learn"}
PINNED = re.compile(r"===?\s*[^\s*]+(?:\s|;|\\|$)|@\s*(?:https?|file|git\+)|^-|\$\{?\w")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
INSTALL = re.compile(r"\bpip3?\s+install\s+(?P<what>[^|&;#]+)")
OLD_PYTHON = re.compile(r"^\s*FROM\s+\S*python:(?P<version>2\.\d+|3\.[0-9])(?![\d])", re.IGNORECASE)
LATEST = re.compile(r"^\s*FROM\s+(?P<image>[^\s:@]+(?::latest)?)(?:\s+AS\s+\w+)?\s*$", re.IGNORECASE)
RUNTIME = re.compile(r"^\s*python:\s*['\"]?(?P<version>2\.\d+|3\.[0-9])['\"]?\s*$")
DELETE_STACK = re.compile(r"aws\s+cloudformation\s+delete-stack")
EMPTIES = re.compile(r"aws\s+s3\s+(?:rb\s.*--force|rm\s.*--recursive)|delete-objects")


def requirement_faults(file: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong with a requirements file."""
    for number, line in enumerate(text.splitlines(), 1):
        wanted = line.partition("#")[0].strip()
        if wanted and not wanted.startswith("--hash"):
            yield from _package(file, number, wanted)


def dockerfile_faults(file: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong with a Dockerfile."""
    stages = {match.lower() for match in re.findall(r"(?im)^\s*FROM\s+\S+\s+AS\s+(\w+)", text)}
    for number, line in enumerate(text.splitlines(), 1):
        old, latest = OLD_PYTHON.match(line), LATEST.match(line)
        if old:
            yield _old(file, number, f"Python {old['version']}")
        elif latest and latest["image"].lower() not in {*stages, "scratch"} and "$" not in latest["image"]:
            yield Finding(
                rule=FaultRule.NOT_REPRODUCIBLE,
                file=file,
                line=number,
                what=f"{latest['image']} is another image tomorrow",
                remedy="name its version, or better its digest: FROM NAME@sha256:...",
            )
        yield from _installs(file, number, line)


def buildspec_faults(file: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong with a buildspec."""
    for number, line in enumerate(text.splitlines(), 1):
        old = RUNTIME.match(line)
        if old:
            yield _old(file, number, f"Python {old['version']}")
        yield from _installs(file, number, line)


def script_faults(file: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong with a shell script."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        yield from _installs(file, number, line)
        if DELETE_STACK.search(line) and "stack-delete-complete" not in text:
            yield Finding(
                rule=FaultRule.LEFT_BEHIND,
                file=file,
                line=number,
                what="the stack's deletion is asked for and not waited for: what fails to go stays, and nobody hears",
                remedy="wait for it: aws cloudformation wait stack-delete-complete --stack-name NAME",
            )


def empties_buckets(text: str) -> bool:
    """Whether a script empties buckets."""
    return EMPTIES.search(text) is not None


def _installs(file: str, number: int, line: str) -> Iterator[Finding]:
    """Yield the faults of pip install with names on the command line."""
    for install in INSTALL.finditer(line):
        words, skip = install["what"].replace('"', "").replace("'", "").split(), False
        for word in words:
            if skip or word.startswith("-"):
                skip = word in ("-r", "-c", "--requirement", "--constraint", "-i", "--index-url", "-t", "--target")
            elif not word.startswith((".", "/", "\\")) and not word.endswith((".whl", ".txt")):
                yield from _package(file, number, word)


def _package(file: str, number: int, wanted: str) -> Iterator[Finding]:
    name = NAME.match(wanted)
    if name and name[0].lower() in WITHDRAWN:
        yield Finding(
            rule=FaultRule.NOT_REPRODUCIBLE,
            file=file,
            line=number,
            what=f"{name[0]} was withdrawn from the index: it cannot be installed",
            remedy=f"write {WITHDRAWN[name[0].lower()]}",
        )
    elif name and not PINNED.search(wanted):
        yield Finding(
            rule=FaultRule.NOT_REPRODUCIBLE,
            file=file,
            line=number,
            what=f"{wanted} may be any version: the build of today is not that of tomorrow",
            remedy=f"pin it, {name[0]}==X.Y.Z, or lock all of it with hashes",
        )


def _old(file: str, number: int, what: str) -> Finding:
    return Finding(
        rule=FaultRule.NOT_REPRODUCIBLE,
        file=file,
        line=number,
        what=f"{what} gets no security fixes any more, and new packages do not install on it",
        remedy="use Python 3.11 or newer",
    )
