"""A release in one file: what its manifest says, and what must hold before a byte of it is written anywhere."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json, JsonObject

FORMAT = 1
MANIFEST = "manifest.json"
MODEL = "objects/model.tar.gz"
SOURCES, IMAGES, ENVIRONMENTS, OBJECTS = "sources", "images", "environments", "objects"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArchiveRefused(ShipwayError):
    """An archive that is damaged, or that was made to do harm. Nothing of it has been written."""

    message = "{file} is refused: {problem}"
    hint = "get the file again from where it was exported"
    exit_code = 3
    status = 422


class ArchiveForeign(ShipwayError):
    """A sound archive whose release cannot live here."""

    message = "{file} was made for {wanted}; here is {here}"
    hint = "import it on a machine like the one that it was made on"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file. sha256: hex; size: bytes."""

    sha256: str
    size: int
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What compiled packages depend on: "3.11", "x86_64", "Linux"."""

    python: str
    machine: str
    system: str

    def __str__(self) -> str:
        return f"Python {self.python} on {self.system} {self.machine}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds.

    release: number, digest, execution, created, status, approved_by, verdict. bundle: the fields of a Bundle.
    files, links, folders: by their names in the archive; a link's value is what it names; folders: the empty ones.
    """

    platform: Platform
    release: JsonObject
    bundle: JsonObject
    files: Mapping[str, Content]
    links: Mapping[str, str]
    folders: tuple[str, ...]

    def document(self) -> JsonObject:
        """Return it as JSON."""
        files: JsonObject = {
            name: [each.sha256, each.size, int(each.executable)] for name, each in sorted(self.files.items())
        }
        links: JsonObject = dict(sorted(self.links.items()))
        folders: list[Json] = [*sorted(self.folders)]
        return {
            "format": FORMAT,
            "platform": {
                "python": self.platform.python,
                "machine": self.platform.machine,
                "system": self.platform.system,
            },
            "release": self.release,
            "bundle": self.bundle,
            "files": files,
            "links": links,
            "folders": folders,
        }


def read_manifest(document: object) -> Manifest:
    """Return the manifest that a JSON document is, its names checked. Raises ValueError with what is wrong."""
    try:
        if not isinstance(document, dict) or document["format"] != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        manifest = Manifest(
            platform=Platform(**document["platform"]),
            release=dict(document["release"]),
            bundle=dict(document["bundle"]),
            files={
                str(name): Content(sha256=str(sha256), size=int(size), executable=bool(executable))
                for name, (sha256, size, executable) in document["files"].items()
            },
            links={str(name): str(target) for name, target in document["links"].items()},
            folders=tuple(str(name) for name in document["folders"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its manifest is not understood: {error!r}") from error
    problem = _problem(manifest)
    if problem:
        raise ValueError(problem)
    return manifest


def _problem(manifest: Manifest) -> str:
    """Return what is wrong with the names, "" when nothing is."""
    names = [*manifest.files, *manifest.links, *manifest.folders]
    leaves = {*manifest.files, *manifest.links}
    digests = all(_DIGEST.fullmatch(each.sha256) and each.size >= 0 for each in manifest.files.values())
    problems = (
        *(f"the name {name!r} leads outside" for name in names if not _inside(name)),
        *(["a name stands twice"] if len(set(names)) != len(names) else []),
        *(f"{name!r} lies below a file or a link" for name in _below(names, leaves)),
        *(f"the link {name!r} leads outside" for name, target in manifest.links.items() if not _stays(name, target)),
        *([] if digests else ["a digest is none"]),
        *([] if MODEL in manifest.files else ["it has no model"]),
    )
    return problems[0] if problems else ""


def _inside(name: str) -> bool:
    """Tell whether a name is a plain relative path below one of the known folders."""
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and "\0" not in name and "\\" not in name
    if not plain or len(parts) < 2:
        return False
    if parts[0] in (IMAGES, ENVIRONMENTS):
        return _DIGEST.fullmatch(parts[1]) is not None and len(parts) > 2
    return parts[0] in (SOURCES, OBJECTS)


def _below(names: Iterable[str], leaves: set[str]) -> Iterator[str]:
    for name in names:
        parts = name.split("/")
        if any("/".join(parts[:depth]) in leaves for depth in range(1, len(parts))):
            yield name


def _stays(name: str, target: str) -> bool:
    """Tell whether a link names something inside its own tree: an image, an environment, or the sources."""
    depth = 2 if name.split("/", maxsplit=1)[0] in (IMAGES, ENVIRONMENTS) else 1
    if not target or target.startswith("/") or "\0" in target:
        return False
    place = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            place = place[:-1]
        elif part not in ("", "."):
            place.append(part)
        if len(place) < depth:
            return False
    return place[:depth] == name.split("/")[:depth]
