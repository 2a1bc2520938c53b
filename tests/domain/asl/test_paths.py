"""What a path finds, and which texts are no path."""

import pytest

from shipway.domain.asl.errors import PathMissing, PathSyntaxError
from shipway.domain.asl.path_parser import parse_path
from shipway.domain.asl.select import place, select

DATA = {
    "a": [1, 2, {"b": 3, "c": "x"}, {"b": 7}],
    "o": {"p": 1, "q": {"r": [10, 20]}},
    "n": None,
    "dash-ed": 1,
    "with space": 2,
    "it's": 3,
    "t": "text",
    "empty": [],
    "items": [{"k": "x", "v": 1, "on": True}, {"k": "y", "v": 2, "on": False}, {"k": "z", "v": None}],
}
ROOTS = {"$": DATA, "$$": {"State": {"Name": "Here"}}, "variable": {"list": [5, 6]}, "number": 4}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", DATA),
        ("$.o.p", 1),
        ("$['o']['p']", 1),
        ('$["o"]["p"]', 1),
        ("$.o['q'].r[1]", 20),
        ("$.a[0]", 1),
        ("$.a[2].b", 3),
        ("$['a'][2]['b']", 3),
        ("$.a[-1].b", 7),
        ("$.a[-4]", 1),
        ("$.n", None),
        ("$.dash-ed", 1),
        ("$['with space']", 2),
        ("$['it\\'s']", 3),
        ("$.a[0:2]", [1, 2]),
        ("$.a[:1]", [1]),
        ("$.a[-1:]", [{"b": 7}]),
        ("$.a[::2]", [1, {"b": 3, "c": "x"}]),
        ("$.a[9:]", []),
        ("$.a[0,1]", [1, 2]),
        ("$.a[0,9]", [1]),
        ("$.a[*].b", [3, 7]),
        ("$.o.*", [1, {"r": [10, 20]}]),
        ("$.empty[*]", []),
        ("$..b", [3, 7]),
        ("$..r[0]", [10]),
        ("$.o..r", [[10, 20]]),
        ("$..nothing", []),
        ("$.o['p','q']", {"p": 1, "q": {"r": [10, 20]}}),
        ("$.items[?(@.v > 1)].k", ["y"]),
        ("$.items[?(@.v >= 1)].k", ["x", "y"]),
        ("$.items[?(@.v < 2)].k", ["x"]),
        ("$.items[?(@.v <= 2)].k", ["x", "y"]),
        ("$.items[?(@.k == 'x')].v", [1]),
        ("$.items[?(@.k != 'x')].k", ["y", "z"]),
        ("$.items[?(@.on)].k", ["x", "y"]),
        ("$.items[?(!@.on)].k", ["z"]),
        ("$.items[?(@.on == true)].k", ["x"]),
        ("$.items[?(@.v == null)].k", ["z"]),
        ("$.items[?(@.v == 1 || @.k == 'z')].k", ["x", "z"]),
        ("$.items[?(@.on && @.v == 2)].k", ["y"]),
        ("$.items[?(@.v == 1 && (@.k == 'y' || @.k == 'x'))].k", ["x"]),
        ("$.items[?(@.k in ['x', 'z'])].k", ["x", "z"]),
        ("$.items[?(@.k nin ['x', 'z'])].k", ["y"]),
        ("$.items[?(@.v == $.o.p)].k", ["x"]),
        ("$.items[?('x' == @.k)].v", [1]),
        ("$.a[?(@ == 2)]", [2]),
        ("$.items[?(@.k > 5)]", []),
        ("$.a.length()", 4),
        ("$.t.length()", 4),
        ("$$.State.Name", "Here"),
        ("$$['State']['Name']", "Here"),
        ("$variable.list[1]", 6),
        ("$number", 4),
    ],
)
def test_a_path_finds(path, found):
    assert select(parse_path(path), ROOTS) == found


@pytest.mark.parametrize(
    "path",
    [
        "$.zz",
        "$.o.zz",
        "$.o.p.deep",
        "$.a[4]",
        "$.a[-5]",
        "$.a.b",
        "$.o[0]",
        "$.n.x",
        "$.zz[*]",
        "$.zz[0:1]",
        "$.zz[?(@.x)]",
        "$.o[0:1]",
        "$.t[?(@.x)]",
        "$unknown",
        "$unknown.x",
        "$$.Nothing",
    ],
)
def test_a_path_that_names_one_node_must_find_it(path):
    with pytest.raises(PathMissing):
        select(parse_path(path), ROOTS)


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("$", True),
        ("$.a.b", True),
        ("$.a[0]", True),
        ("$['a'][0].b", True),
        ("$.a[*]", False),
        ("$..a", False),
        ("$.a[0:1]", False),
        ("$.a[0,1]", False),
        ("$['a','b']", False),
        ("$.a[?(@.x)]", False),
        ("$.a.length()", False),
    ],
)
def test_a_reference_path_goes_from_node_to_node(path, reference):
    assert parse_path(path).reference is reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "$.",
        "$.a.",
        "$a b",
        "$.a[",
        "$.a[]",
        "$.a[x]",
        "$.a['x",
        "$.a[0",
        "$.a[0:1:0]",
        "$.a[?]",
        "$.a[?()]",
        "$.a[?(@.x]",
        "$.a[?(@.x ==)]",
        "$.a[?(1)]",
        "$.a[?(@.x in 3)]",
        "$.a[?(@.x =~ /y/)]",
        "$.a[1,]",
        "$.a['x',]",
        "$.a.sum()",
        "$.a b",
        "$...a",
    ],
)
def test_a_broken_path_is_refused(text):
    with pytest.raises(PathSyntaxError):
        parse_path(text)


@pytest.mark.parametrize(
    ("data", "path", "placed"),
    [
        ({"x": 1}, "$", "R"),
        ([1], "$", "R"),
        ({"x": 1}, "$.r", {"x": 1, "r": "R"}),
        ({"x": 1}, "$.x", {"x": "R"}),
        ({"x": 1}, "$.r.s.t", {"x": 1, "r": {"s": {"t": "R"}}}),
        ({"r": {"u": 1}}, "$.r.s", {"r": {"u": 1, "s": "R"}}),
        ({"x": 1}, "$['r']['s']", {"x": 1, "r": {"s": "R"}}),
        ({"l": [1, 2]}, "$.l[1]", {"l": [1, "R"]}),
        ({"l": [{}]}, "$.l[0].r", {"l": [{"r": "R"}]}),
        ({}, "$.r", {"r": "R"}),
    ],
)
def test_a_result_is_placed(data, path, placed):
    assert place(data, parse_path(path), "R") == placed


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([1], "$.r"),
        ("text", "$.r"),
        (None, "$.r"),
        ({"x": 1}, "$.x.r"),
        ({"l": [1]}, "$.l[1]"),
        ({}, "$.l[0]"),
        ({"x": None}, "$.x.r"),
    ],
)
def test_a_result_without_a_place_fails(data, path):
    with pytest.raises(PathMissing):
        place(data, parse_path(path), "R")


def test_placing_leaves_the_input_alone():
    data = {"a": {"b": [1]}}
    place(data, parse_path("$.a.b[0]"), "R")
    assert data == {"a": {"b": [1]}}
