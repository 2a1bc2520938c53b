"""A manifest: nothing in it may lead outside of where a release is unpacked."""

from dataclasses import replace

import pytest

from shipway.domain.bundle import MODEL, Content, Manifest, Platform, read_manifest

FILE = Content(sha256="a" * 64, size=1)
TREE = f"images/{'b' * 64}"
SOUND = Manifest(
    platform=Platform(python="3.11", machine="x86_64", system="Linux"),
    release={"number": 1},
    bundle={"project": "tiny"},
    files={MODEL: FILE, f"{TREE}/image.json": FILE, "sources/shipway.toml": replace(FILE, executable=True)},
    links={f"{TREE}/files/a/link": "../b"},
    folders=(f"{TREE}/files/opt/program",),
)


def test_a_manifest_comes_back_as_it_was_written() -> None:
    assert read_manifest(SOUND.document()) == SOUND


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "sources/../../x", "sources/./x", "sources//x", "sources", "", "x", "other/x",
        "images/x/y", f"{TREE}", f"{TREE}/", "sources/a\0b", "sources/a\\b", f"environments/{'B' * 64}/x",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    for changed in (
        replace(SOUND, files={**SOUND.files, name: FILE}),
        replace(SOUND, links={**SOUND.links, name: "x"}),
        replace(SOUND, folders=(*SOUND.folders, name)),
    ):
        with pytest.raises(ValueError, match=r"leads outside|twice"):
            read_manifest(changed.document())


@pytest.mark.parametrize("target", ["/etc", "../../..", "../../../../x", "", f"../../../{'c' * 64}/x", "a\0"])
def test_a_link_that_leads_elsewhere_is_refused(target: str) -> None:
    changed = replace(SOUND, links={f"{TREE}/files/a": target})
    with pytest.raises(ValueError, match="leads outside"):
        read_manifest(changed.document())


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (replace(SOUND, files={**SOUND.files, f"{TREE}/files/a/link/below": FILE}), "below a file or a link"),
        (replace(SOUND, files={**SOUND.files, "sources/shipway.toml/x": FILE}), "below a file or a link"),
        (replace(SOUND, folders=(f"{TREE}/image.json",)), "twice"),
        (replace(SOUND, files={MODEL: replace(FILE, sha256="A" * 64)}), "digest"),
        (replace(SOUND, files={}, links={}), "no model"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: Manifest, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_manifest(changed.document())


@pytest.mark.parametrize("document", [None, [], {}, {"format": 2}, {**SOUND.document(), "files": 3}, "text"])
def test_what_is_no_manifest_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"format|understood"):
        read_manifest(document)
