"""RUN lines: what the environment already gives, what this machine has, and what has to be told."""

import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shipway.targets.local.tools import ProgramMissing, find

# Packages of a slim base image that no program here misses, and programs whose name is not their package's.
HARMLESS = {"apt-transport-https", "build-essential", "ca-certificates", "g++", "gcc", "git", "make", "tini", "tzdata"}
PROGRAM_OF = {"nginx-light": "nginx", "nginx-full": "nginx", "nginx-core": "nginx", "bubblewrap": "bwrap"}
# Commands that only tidy a docker layer.
TIDY = {"rm", "apt-get clean", "apt-get update", "apt-get autoremove", "apt update", "set", "true", ":", "echo", "cd"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(slots=True)
class RunLine:
    """What one RUN asks for; paths are as written, inside the image."""

    requirements: list[str] = field(default_factory=list)
    executable: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_run(line: str, variables: Mapping[str, str]) -> RunLine:
    """Return what `line`, a shell command list, asks for."""
    found = RunLine()
    filled = _VARIABLE.sub(lambda name: variables.get(name[1] or name[2], name[0]), line)
    for words in _commands(filled):
        _command(words, found)
    return found


def _commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for token in lexer:
            if set(token) <= set(";&|"):
                yield words
                words = []
            else:
                words.append(token)
    except ValueError:
        words = [line]
    yield words


def _command(words: list[str], found: RunLine) -> None:
    if not words or words[0] in TIDY or " ".join(words[:2]) in TIDY:
        return
    text = " ".join(words)
    arguments = _pip_arguments(words)
    if arguments is not None:
        _pip(arguments, found)
    elif words[0] in ("apt-get", "apt") and "install" in words:
        missing = _missing(words[words.index("install") + 1 :])
        if missing:
            found.warnings.append(f"apt packages are this machine's here: install {' '.join(missing)} if it is missing")
    elif words[0] == "chmod" and len(words) > 2:
        found.executable += [word for word in words[2:] if not word.startswith("-")] if _executes(words) else []
    elif words[:2] != ["mkdir", "-p"] and not _makes_environment(words):
        found.warnings.append(f"not run here: {text}")


def _makes_environment(words: list[str]) -> bool:
    """Return whether a command makes a virtual environment: programs have one here anyway."""
    python = re.fullmatch(r"python[\d.]*", words[0].rpartition("/")[2]) is not None
    return words[1:3] == ["-m", "venv"] if python else words[:2] == ["uv", "venv"]


def _executes(words: list[str]) -> bool:
    mode = next((word for word in words[1:] if not word.startswith("-R")), "")
    return bool(re.fullmatch(r"[ugoa]*\+r?w?x", mode) or (mode.isdigit() and int(mode, 8) & 0o111))


def _pip_arguments(words: list[str]) -> list[str] | None:
    """Return what follows `pip install`, or None for another command."""
    name = words[0].rpartition("/")[2]
    if re.fullmatch(r"python[\d.]*", name) and words[1:3] == ["-m", "pip"]:
        words = words[2:]
    elif name == "uv" and words[1:2] == ["pip"]:
        words = words[1:]
    elif not re.fullmatch(r"pip[\d.]*", name):
        return None
    return words[words.index("install") + 1 :] if "install" in words else []


def _pip(arguments: list[str], found: RunLine) -> None:
    """Take the requirement files; name packages that no file (and so no lock) has."""
    valued = {"-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-t", "--target", "--find-links", "-f"}
    valued |= {"-p", "--python", "--prefix", "--root"}
    loose: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("-r", "--requirement", "--requirements"):
            found.requirements.append(next(words, ""))
        elif word.startswith(("-r", "--requirement=")):
            found.requirements.append(word.removeprefix("--requirement=").removeprefix("-r"))
        elif word in valued:
            next(words, "")
        elif not word.startswith("-"):
            loose.append(word)
    named = [word for word in loose if re.split(r"[<>=!~\[;@ ]", word)[0] not in ("pip", "setuptools", "wheel", "uv")]
    if named:
        found.warnings.append(f"not locked, so not installed here: {' '.join(named)} (name it in requirements.txt)")


def _missing(words: list[str]) -> list[str]:
    packages = [word.partition("=")[0] for word in words if not word.startswith("-")]
    return [package for package in packages if package not in HARMLESS and not _has(PROGRAM_OF.get(package, package))]


def _has(program: str) -> bool:
    if shutil.which(program):
        return True
    try:
        find(program)
    except ProgramMissing:
        return False
    return True
