"""docs/map.md says where everything is, and is right."""

import map as maps
from places import ROOT


def test_the_table_is_what_the_tree_gives() -> None:
    changed = set(maps.written().splitlines()) ^ set(maps.table().splitlines())
    assert sorted({row.split("|")[1].strip() for row in changed}) == [], "these nouns have changed: run ./dev map"


def test_every_module_is_in_the_table() -> None:
    text = maps.MAP.read_text()
    missing = [str(path) for _, _, path in maps.modules() if f"(../{path.relative_to(ROOT)})" not in text]
    assert missing == []


def test_every_module_below_the_package_belongs_to_a_layer() -> None:
    known = {path for _, _, path in maps.modules()}
    homeless = [
        str(path.relative_to(ROOT))
        for path in maps.SOURCE.rglob("*.py")
        if path not in known and path.name != "__init__.py" and not set(maps.DATA) & set(path.parts)
    ]
    assert homeless == []


def test_every_noun_says_what_it_is() -> None:
    silent = [row.split("|")[1].strip() for row in maps.table().splitlines()[2:] if not row.split("|")[2].strip()]
    assert silent == []
