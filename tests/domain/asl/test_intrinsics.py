"""Each intrinsic function, and which calls are refused."""

from datetime import UTC, datetime

import pytest

from shipway.domain.asl.errors import PathSyntaxError, StateError
from shipway.domain.asl.intrinsic_parser import parse_intrinsic
from shipway.domain.asl.intrinsics import call
from shipway.domain.asl.steps import Env

DATA = {
    "s": "text",
    "n": 3,
    "f": 2.5,
    "l": [1, 2, 3, 4],
    "o": {"a": 1, "b": [True, None]},
    "t": "{}-{}",
    "json": '{"k": [1]}',
}
ENV = Env(now=datetime(2030, 1, 1, tzinfo=UTC), random=lambda: 0.5, uuid=lambda: "an-id")


def value(text):
    return call(parse_intrinsic(text), {"$": DATA, "$$": {"State": {"Name": "Here"}}, "v": [9]}, ENV)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("States.Format('hello')", "hello"),
        ("States.Format('{} and {}', $.s, $.n)", "text and 3"),
        ("States.Format('{}', $.f)", "2.5"),
        ("States.Format('{}', true)", "true"),
        ("States.Format('{}', null)", "null"),
        ("States.Format('{}', $.o)", '{"a":1,"b":[true,null]}'),
        ("States.Format('{}{}', 1, 2)", "12"),
        ("States.Format('it\\'s {}', 1)", "it's 1"),
        ("States.Format('\\{\\} {}', 1)", "{} 1"),
        ("States.Format('a\\\\b{}', 1)", "a\\b1"),
        ("States.Format($.t, 1, 2)", "1-2"),
        ("States.Format('{}', $$.State.Name)", "Here"),
        ("States.Format('{}', $v[0])", "9"),
        ("States.Format('{}', States.Format('<{}>', 'x'))", "<x>"),
        ("States.Format('{}', 'a\\'b')", "a'b"),
        ("States.StringToJson($.json)", {"k": [1]}),
        ("States.StringToJson('[1,2]')", [1, 2]),
        ("States.StringToJson('3')", 3),
        ("States.JsonToString($.o)", '{"a":1,"b":[true,null]}'),
        ("States.JsonToString($.s)", '"text"'),
        ("States.Array()", []),
        ("States.Array(1)", [1]),
        ("States.Array($.s, 'x', 2, null, true, $.l)", ["text", "x", 2, None, True, [1, 2, 3, 4]]),
        ("States.Array(-1, 2.5, 1e3)", [-1, 2.5, 1000.0]),
        ("States.ArrayPartition($.l, 3)", [[1, 2, 3], [4]]),
        ("States.ArrayPartition($.l, 2.4)", [[1, 2], [3, 4]]),
        ("States.ArrayPartition(States.Array(), 3)", []),
        ("States.ArrayContains($.l, 3)", True),
        ("States.ArrayContains($.l, 3.0)", True),
        ("States.ArrayContains($.l, '3')", False),
        ("States.ArrayContains(States.Array(1), true)", False),
        ("States.ArrayContains(States.Array($.o), $.o)", True),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(0, 3, 2)", [0, 2]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayRange(1, 0, 1)", []),
        ("States.ArrayRange(1, 1000, 1)", list(range(1, 1001))),
        ("States.ArrayGetItem($.l, 0)", 1),
        ("States.ArrayGetItem($.l, 3)", 4),
        ("States.ArrayLength($.l)", 4),
        ("States.ArrayLength(States.Array())", 0),
        ("States.ArrayUnique(States.Array(1, 2, 1, 1.0, '1', true, true))", [1, 2, "1", True]),
        ("States.ArrayUnique(States.Array($.o, $.o))", [{"a": 1, "b": [True, None]}]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Encode('ü')", "w7w="),
        ("States.Base64Decode('RGVjb2RlZA==')", "Decoded"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.Hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("States.Hash('', 'SHA-256')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("States.JsonMerge($.o, States.StringToJson('{\"a\": 2}'), false)", {"a": 2, "b": [True, None]}),
        ("States.MathAdd(1, 2)", 3),
        ("States.MathAdd($.n, -5)", -2),
        ("States.MathAdd(1.4, 1.6)", 3),
        ("States.MathRandom(1, 11)", 6),
        ("States.StringSplit('1,2,3', ',')", ["1", "2", "3"]),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.StringSplit('a,,b', ',')", ["a", "b"]),
        ("States.StringSplit('abc', '')", ["abc"]),
        ("States.UUID()", "an-id"),
        ("States.ArrayLength( $.l )", 4),
        ("States.ArrayGetItem(States.StringSplit('a,b', ','), States.MathAdd(0, 1))", "b"),
    ],
)
def test_a_call_computes(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "States.Format($.t, 1)",
        "States.Format($.n, 1)",
        "States.Format('{}', $.missing)",
        "States.StringToJson('{')",
        "States.StringToJson($.n)",
        "States.StringToJson('NaN')",
        "States.ArrayPartition($.l, 0)",
        "States.ArrayPartition($.s, 2)",
        "States.ArrayPartition($.l, 'x')",
        "States.ArrayContains($.s, 1)",
        "States.ArrayRange(1, 5, 0)",
        "States.ArrayRange(1, 1001, 1)",
        "States.ArrayRange('a', 5, 1)",
        "States.ArrayGetItem($.l, 4)",
        "States.ArrayGetItem($.l, -1)",
        "States.ArrayGetItem($.o, 0)",
        "States.ArrayLength($.s)",
        "States.ArrayUnique($.o)",
        "States.Base64Encode($.n)",
        "States.Base64Decode('***')",
        "States.Hash('a', 'SHA-2')",
        "States.Hash('a', $.n)",
        "States.JsonMerge($.o, $.o, true)",
        "States.JsonMerge($.o, $.l, false)",
        "States.MathAdd('1', 2)",
        "States.MathAdd(true, 2)",
        "States.MathRandom(5, 5)",
        "States.StringSplit($.n, ',')",
    ],
)
def test_a_call_fails(text):
    with pytest.raises(StateError) as failed:
        value(text)
    assert failed.value.error == "States.IntrinsicFailure"


@pytest.mark.parametrize(
    "text",
    [
        "States.Nothing()",
        "Format('x')",
        "States.Format",
        "States.Format(",
        "States.Format()",
        "States.Format('x'",
        "States.Format('x)",
        "States.Format('x') more",
        "States.Array(1,)",
        "States.Array(1 2)",
        "States.UUID(1)",
        "States.MathAdd(1)",
        "States.MathAdd(1,2,3)",
        "States.Array(x)",
        "States.Array($.[)",
        "States.MathRandom(1)",
        'States.Array("x")',
    ],
)
def test_a_broken_call_is_refused(text):
    with pytest.raises(PathSyntaxError):
        parse_intrinsic(text)


def test_calls_nest_ten_deep_and_no_deeper():
    def nested(depth):
        return "States.Array(" * depth + ")" * depth

    parse_intrinsic(nested(10))
    with pytest.raises(PathSyntaxError):
        parse_intrinsic(nested(11))


def test_a_seed_repeats_its_number():
    first = value("States.MathRandom(0, 1000000, 7)")
    assert first == value("States.MathRandom(0, 1000000, 7)")
    assert first != value("States.MathRandom(0, 1000000, 8)")
    assert 0 <= first < 1000000
