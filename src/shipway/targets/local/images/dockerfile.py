"""What a Dockerfile asks for, as far as it can be given without docker."""

import io
import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter, extract_key_values

from shipway.domain.image import Recipe
from shipway.targets.local.images.image import SYSTEM_PATH
from shipway.targets.local.images.run import RunLine, read_run

_DEFAULTED = re.compile(r"\$\{(\w+):?-([^}]*)\}")
_PYTHON = re.compile(r"python[:_-]?v?(\d+\.\d+)")


@dataclass(frozen=True, slots=True)
class Copy:
    """One COPY: sources relative to the context, the absolute target inside the image.

    folder: whether the target is a folder by its form (a trailing slash, or several sources).
    mode: permissions from --chmod, None to keep the file's own.
    """

    sources: tuple[str, ...]
    target: str
    folder: bool
    mode: int | None
    line: int


@dataclass(slots=True)
class Reading:
    """A Dockerfile, read up to its end: a value that grows line by line, then is only looked at.

    python: version that the base image promises, as "3.11"; empty when its name does not say.
    requirements: paths inside the image of the files that pip installs from, in order.
    executable: paths inside the image that a RUN line makes executable.
    taken: other stages whose packages a COPY takes over, an environment made there; packages: where it puts them.
    warnings: what can't be had here, one line each, with the Dockerfile's line number.
    """

    base: str = ""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    workdirs: list[str] = field(default_factory=list)
    user: str = ""
    copies: list[Copy] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    executable: list[str] = field(default_factory=list)
    taken: list["Reading"] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def layers(self) -> tuple["Reading", ...]:
        """This stage, and those whose packages it takes over."""
        return (self, *self.taken)

    @property
    def python(self) -> str:
        """The Python version in the base image's name, or empty."""
        found = _PYTHON.search(self.base)
        return found[1] if found else ""

    @property
    def recipe(self) -> Recipe:
        """What stays in the image beside its files."""
        environment = dict(self.environment)
        if environment.get("PATH") == SYSTEM_PATH:
            del environment["PATH"]
        return Recipe(
            base=self.base,
            entrypoint=self.entrypoint,
            cmd=self.cmd,
            environment=environment,
            workdir=self.workdir,
            labels=self.labels,
            user=self.user,
        )


def read_dockerfile(text: str, arguments: Mapping[str, str] | None = None) -> Reading:
    """Return what `text` asks for.

    arguments: build arguments, over the defaults of ARG. Several stages: the last one counts, with what it inherits
    through `FROM <stage>`.
    """
    stages: dict[str, Reading] = {}
    given = dict(arguments or {})
    first: dict[str, str] = {}
    reading = Reading()
    for step in DockerfileParser(fileobj=io.BytesIO(text.encode()), cache_content=True).structure:
        name, value, line = step["instruction"], str(step["value"]), int(step["startline"]) + 1
        if name == "FROM":
            reading = _from(_words(value, first, {}), stages)
        elif name == "ARG" and not reading.base:
            _arg(reading, value, given, {})
            first = reading.arguments
        elif name == "ARG":
            _arg(reading, value, given, first)
        elif name == "COPY" and (giver := _giver(value, stages)):
            reading.taken.append(giver)
            reading.packages.append(posixpath.normpath(posixpath.join(reading.workdir, value.rsplit(maxsplit=1)[-1])))
            reading.warnings += giver.warnings
        elif name in _STEPS:
            _STEPS[name](reading, value, line)
        elif name not in ("COMMENT", "EXPOSE", "HEALTHCHECK", "MAINTAINER", "STOPSIGNAL", "VOLUME"):
            reading.warnings.append(f"line {line}: {name} is not done here")
    return reading


def _from(words: list[str], stages: dict[str, Reading]) -> Reading:
    words = [word for word in words if not word.startswith("--")]
    if not words:
        raise ValueError("a FROM line names no image")
    known = stages.get(words[0].lower())
    reading = _copy_of(known) if known else Reading(base=words[0])
    stages[words[2].lower() if len(words) == 3 else str(len(stages))] = reading
    return reading


def _giver(value: str, stages: Mapping[str, Reading]) -> Reading | None:
    """Return the stage whose packages a COPY takes over, None when it takes something else."""
    flags, rest = _flags(value)
    stage, source = stages.get(flags.get("from", "").lower()), rest.split(" ")[0].rstrip("/")
    if stage is None or not any(layer.requirements for layer in stage.layers):
        return None
    files = any(f"{copy.target}/".startswith(f"{source}/") for copy in stage.copies)
    return None if files else stage


def _copy_of(stage: Reading) -> Reading:
    copied = Reading(base=stage.base, entrypoint=stage.entrypoint, cmd=stage.cmd, workdir=stage.workdir)
    copied.user = stage.user
    for name in ("environment", "labels"):
        getattr(copied, name).update(getattr(stage, name))
    for name in ("workdirs", "copies", "requirements", "executable", "taken", "packages", "warnings"):
        getattr(copied, name).extend(getattr(stage, name))
    return copied


def _arg(reading: Reading, value: str, given: Mapping[str, str], first: Mapping[str, str]) -> None:
    for word in _words(value, reading.arguments, reading.environment):
        name, _, default = word.partition("=")
        reading.arguments[name] = given.get(name, default or first.get(name, ""))


def _env(reading: Reading, value: str, _line: int) -> None:
    reading.environment.update(_pairs(reading, value))


def _label(reading: Reading, value: str, _line: int) -> None:
    reading.labels.update(_pairs(reading, value))


def _workdir(reading: Reading, value: str, _line: int) -> None:
    reading.workdir = posixpath.normpath(posixpath.join(reading.workdir, _text(reading, value)))
    reading.workdirs.append(reading.workdir)


def _entrypoint(reading: Reading, value: str, _line: int) -> None:
    reading.entrypoint, reading.cmd = _command(value), ()


def _cmd(reading: Reading, value: str, _line: int) -> None:
    reading.cmd = _command(value)


def _user(reading: Reading, value: str, _line: int) -> None:
    reading.user = _text(reading, value)


def _copy(reading: Reading, value: str, line: int) -> None:
    flags, rest = _flags(value)
    try:
        listed = json.loads(rest) if rest.startswith("[") else None
    except ValueError:
        listed = None
    words = (
        [_text(reading, word) for word in listed] if listed else _words(rest, reading.arguments, reading.environment)
    )
    if "from" in flags:
        reading.warnings.append(f"line {line}: files of another image or stage are not copied here: {value}")
        return
    if any(word.startswith(("http:", "https:", "git@", "<<")) for word in words) or len(words) < 2:
        reading.warnings.append(f"line {line}: only files of the build context are copied here: {value}")
        return
    *sources, target = words
    folder = target.endswith("/") or target in (".", "..") or len(sources) > 1
    place = posixpath.normpath(posixpath.join(reading.workdir, target))
    mode = int(flags["chmod"], 8) if flags.get("chmod", "").isdigit() else None
    folder = folder or place in reading.workdirs
    reading.copies.append(Copy(tuple(sources), place, folder, mode, line))


def _run(reading: Reading, value: str, line: int) -> None:
    variables = {**reading.arguments, **reading.environment}
    done: RunLine = read_run(_command(value)[-1] if value.startswith("[") else _flags(value)[1], variables)
    reading.requirements += [posixpath.normpath(posixpath.join(reading.workdir, path)) for path in done.requirements]
    reading.executable += [posixpath.normpath(posixpath.join(reading.workdir, path)) for path in done.executable]
    reading.warnings += [f"line {line}: {warning}" for warning in done.warnings]


_STEPS: dict[str, Callable[[Reading, str, int], None]] = {
    "ADD": _copy,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "LABEL": _label,
    "RUN": _run,
    "USER": _user,
    "WORKDIR": _workdir,
}


def _command(value: str) -> tuple[str, ...]:
    """Return the argument list of a CMD, ENTRYPOINT or RUN value in either form."""
    if value.startswith("["):
        try:
            words = json.loads(value)
        except ValueError:
            words = None
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return tuple(words)
    return ("/bin/sh", "-c", value)


def _flags(value: str) -> tuple[dict[str, str], str]:
    """Return the leading `--name=value` flags, and what follows them."""
    flags: dict[str, str] = {}
    while value.startswith("--"):
        flag, _, value = value.partition(" ")
        name, _, given = flag[2:].partition("=")
        flags[name] = given
        value = value.strip()
    return flags, value


def _pairs(reading: Reading, value: str) -> Iterator[tuple[str, str]]:
    filled = _defaults(value, {**reading.arguments, **reading.environment})
    found: Any = extract_key_values(
        env_replace=True, args=reading.arguments, envs=reading.environment, instruction_value=filled
    )
    yield from ((str(name), str(given)) for name, given in found)


def _words(value: str, arguments: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    filled = _defaults(value, {**arguments, **environment})
    return [str(word) for word in WordSplitter(filled, args=dict(arguments), envs=dict(environment)).split()]


def _text(reading: Reading, value: str) -> str:
    filled = _defaults(value, {**reading.arguments, **reading.environment})
    return str(WordSplitter(filled, args=reading.arguments, envs=reading.environment).dequote())


def _defaults(value: str, variables: Mapping[str, str]) -> str:
    """Fill `${NAME:-default}`, which the parser does not know."""
    return _DEFAULTED.sub(lambda found: variables.get(found[1]) or found[2], value)
