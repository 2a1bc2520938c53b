"""The build context: which file of `container/` goes where in the image."""

import hashlib
import posixpath
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from shipway.domain.image import BuildFailed
from shipway.targets.local.images.dockerfile import Copy, Reading

# Folders that this machine has too, so that only what lies in them is shown, entry by entry.
SHARED = {
    *("/", "/etc", "/home", "/mnt", "/opt", "/opt/ml", "/root", "/run", "/srv", "/var", "/var/lib", "/var/www"),
    "/tmp",  # noqa: S108 - a path inside the image
}
SYSTEM = ("/bin", "/dev", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")
# What `COPY .` must not take along: it is no part of a program, and changes by itself.
NEVER = {".git", ".shipway", "__pycache__"}
KNOWN = SHARED | {"/usr/local/bin", "/usr/bin", "/usr/local", "/usr/share/nginx/html"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an image: where it comes from, and whether it can be executed. A link keeps its target's text."""

    source: Path
    executable: bool
    link: str = ""


def collect(image: str, context: Path, reading: Reading) -> dict[str, Entry]:
    """Return path inside the image -> entry, in order of paths, as the COPY lines put them.

    Raises BuildFailed when a source does not exist, leaves the context, or a target is in a system folder.
    """
    ignored = _Ignored(context)
    entries: dict[str, Entry] = {}
    for copy in reading.copies:
        for source in copy.sources:
            entries.update(_placed(image, context, copy, source, ignored, entries))
    for path in entries:
        if path.startswith(tuple(system + "/" for system in SYSTEM)):
            cause = f"{path} would be in a system folder, which is this machine's own here"
            raise BuildFailed(image=image, cause=cause, remedy="COPY it to /opt/program and put that on PATH")
    return {path: _marked(path, entries[path], reading.executable) for path in sorted(entries)}


def origin(entries: dict[str, Entry], context: Path, path: str) -> Path:
    """Return the file of the context that is `path` inside the image; one that only the build sees is found by name."""
    if path in entries:
        return entries[path].source
    return context / path.lstrip("/")


def mount_points(entries: Sequence[str]) -> tuple[str, ...]:
    """Return the paths to show so that all entries are seen: the outermost that this machine does not have itself."""
    points: dict[str, None] = {}
    for path in entries:
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            point = "/" + "/".join(parts[:depth])
            if point not in SHARED or depth == len(parts):
                points[point] = None
                break
    return tuple(points)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _marked(path: str, entry: Entry, executable: Sequence[str]) -> Entry:
    named = any(fnmatchcase(path, pattern) or path.startswith(pattern + "/") for pattern in executable)
    return Entry(entry.source, True, entry.link) if named else entry


def _placed(
    image: str, context: Path, copy: Copy, source: str, ignored: "_Ignored", taken: dict[str, Entry]
) -> Iterator[tuple[str, Entry]]:
    found = list(_sources(image, context, copy, source))
    into = copy.folder or len(found) > 1 or copy.target in KNOWN or _is_folder(copy.target, taken)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            for file in _walk(path, ignored):
                yield posixpath.join(copy.target, file.relative_to(path).as_posix()), _entry(image, context, file, copy)
        elif not ignored(path):
            place = posixpath.join(copy.target, path.name) if into else copy.target
            yield place, _entry(image, context, path, copy)


def _is_folder(target: str, taken: dict[str, Entry]) -> bool:
    return any(path.startswith(target.rstrip("/") + "/") for path in taken)


def _sources(image: str, context: Path, copy: Copy, source: str) -> Iterator[Path]:
    relative = posixpath.normpath(source.lstrip("/") or ".")
    if relative.startswith(".."):
        cause = f"line {copy.line}: {source} is outside the build context"
        raise BuildFailed(image=image, cause=cause, remedy="move it into the folder of the Dockerfile")
    found = sorted(context.glob(relative)) if re.search(r"[*?\[]", relative) else [context / relative]
    missing = [path for path in found if not path.exists() and not path.is_symlink()]
    if missing or not found:
        cause = f"line {copy.line}: {source} does not exist in {context}"
        raise BuildFailed(image=image, cause=cause, remedy="correct the COPY line, or add the file")
    yield from found


def _walk(folder: Path, ignored: "_Ignored") -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NEVER or ignored(path):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, ignored)
        else:
            yield path


def _entry(image: str, context: Path, path: Path, copy: Copy) -> Entry:
    if path.is_symlink():
        if not path.resolve().is_relative_to(context.resolve()):
            cause = f"line {copy.line}: the link {path} leaves the build context"
            raise BuildFailed(image=image, cause=cause, remedy="put the file itself there")
        return Entry(path, False, str(path.readlink()))
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        cause = f"line {copy.line}: {path} is neither a file, a folder nor a link"
        raise BuildFailed(image=image, cause=cause, remedy="remove it, or name it in .dockerignore")
    return Entry(path, bool((copy.mode if copy.mode is not None else mode) & 0o111))


class _Ignored:
    """Whether .dockerignore leaves a path out; the last matching line decides."""

    def __init__(self, context: Path) -> None:
        self.context = context
        file = context / ".dockerignore"
        lines = file.read_text().splitlines() if file.is_file() else []
        self.rules = [_rule(line.strip()) for line in lines if line.strip() and not line.startswith("#")]

    def __call__(self, path: Path) -> bool:
        name = path.relative_to(self.context).as_posix()
        ignored = False
        for pattern, leaves_out in self.rules:
            if pattern.fullmatch(name):
                ignored = leaves_out
        return ignored


def _rule(line: str) -> tuple[re.Pattern[str], bool]:
    leaves_out = not line.startswith("!")
    pattern = posixpath.normpath(line.removeprefix("!").strip().lstrip("/"))
    escaped = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.compile(escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]") + "(?:/.*)?"), leaves_out
