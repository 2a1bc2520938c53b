"""Reading shipway.toml: strict, and everything that is wrong at once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.deployment import Strategy
from shipway.domain.project import DataFormat, Direction, FeatureType, Project, ProjectInvalid
from shipway.project.decode import decode

WHOLE = """
name = "flights"
[data]
format = "parquet"
features = { distance = "number", "dep hour" = "integer" }
[training]
volume = "30GiB"
max_run = "2h"
hyperparameters = { rate = 0.1, rounds = 200, early = true, loss = "log" }
[gate]
metric = "rmse"
direction = "minimize"
threshold = 12
[endpoint.dev]
workers = 1
[deployment]
strategy = "all-at-once"
[notifications]
mail = ["ada@example.org"]
"""


def told(text: str | bytes) -> list[tuple[str, str, str]]:
    """Return the problems of a project file as rows."""
    with pytest.raises(ProjectInvalid) as error:
        decode(text.encode() if isinstance(text, str) else text)
    return [(each.path, each.problem, each.remedy) for each in error.value.problems]


def test_a_name_is_enough() -> None:
    assert decode(b'name = "flights"') == Project(name="flights")


def test_values_get_the_types_of_the_domain() -> None:
    project = decode(WHOLE.replace('"dep hour"', "hour").encode())
    assert project.data.format is DataFormat.PARQUET
    assert project.data.features == {"distance": FeatureType.NUMBER, "hour": FeatureType.INTEGER}
    assert list(project.data.features) == ["distance", "hour"]
    assert (project.training.volume, project.training.max_run) == (30 * 2**30, timedelta(hours=2))
    assert project.training.hyperparameters == {"rate": 0.1, "rounds": 200, "early": True, "loss": "log"}
    assert [type(value) for value in project.training.hyperparameters.values()] == [float, int, bool, str]
    assert (project.gate.direction, project.gate.threshold) == (Direction.MINIMIZE, 12)
    assert (project.endpoint.dev.workers, project.endpoint.prod.workers) == (1, 0)
    assert project.deployment.strategy is Strategy.ALL_AT_ONCE
    assert project.notifications.mail == ("ada@example.org",)


def test_everything_wrong_is_told_at_once() -> None:
    text = """
nme = "x"
[data]
bucket = 3
formt = "csv"
format = "cvs"
features = { a = "numbr", "b c" = 3 }
[training]
volume = "2GB"
max_run = 30
hyperparameters = { x = [1], y = 2020-01-01 }
[function]
timeout = "30"
[gate]
threshold = "x"
champion = 1
[approval]
requird = false
[notifications]
mail = "x"
webhooks = [1, "http://a.example/"]
[endpoint]
dev = 3
[deployment]
percent = true
strategy = 3
[trainig]
"""
    assert told(text) == [
        ("name", "is missing", 'write it: name = "my-model"'),
        ("data.bucket", "is a whole number, not a text", 'put it in quotes: "..."'),
        ("data.format", "'cvs' is not known here", 'did you mean "csv"?'),
        ("data.features.a", "'numbr' is not known here", 'did you mean "number"?'),
        (
            'data.features."b c"',
            "is a whole number, not a text",
            "use one of: number, integer, category, boolean, text",
        ),
        ("data.formt", "unknown key", 'did you mean "format"?'),
        ("training.volume", "'2GB' has the unknown unit 'GB'", 'write "2GiB"'),
        ("training.max_run", "is a number without a unit, not a time", 'write it as a text with a unit: "5m"'),
        ("training.hyperparameters.x", "is a list, not a single value", "write a text, a number, true or false"),
        (
            "training.hyperparameters.y",
            "is a date or time, not a single value",
            "write a text, a number, true or false",
        ),
        ("gate.threshold", "is a text, not a number", "write a number, without quotes"),
        ("gate.champion", "is a whole number, not true or false", "write true or false, without quotes"),
        ("endpoint.dev", "is a whole number, not a table", "write it as a section in [ ] with its keys below"),
        ("function.timeout", "'30' has no unit", 'add one of ms, s, m, h, d: "30m"'),
        ("deployment.strategy", "is a whole number, not a text", "use one of: canary, linear, blue-green, all-at-once"),
        ("deployment.percent", "is true or false, not a whole number", "write a whole number, without quotes"),
        ("approval.requird", "unknown key", 'did you mean "required"?'),
        ("notifications.mail", "is a text, not a list", 'put it in brackets: ["..."]'),
        ("notifications.webhooks[0]", "is a whole number, not a text", 'put it in quotes: "..."'),
        ("nme", "unknown key", 'did you mean "name"?'),
        ("trainig", "unknown key", 'did you mean "training"?'),
    ]


def test_a_key_that_is_nothing_like_another_gets_the_whole_list() -> None:
    assert told('name = "aa"\n[local]\nzzz = 1') == [("local.zzz", "unknown key", "use one of: api_port, control_port")]


def test_rules_are_checked_when_all_values_can_be_read() -> None:
    assert [each[0] for each in told('name = "A"\n[deployment]\npercent = 0')] == ["name", "deployment.percent"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b'name = "a\nb = 2', ("line 1, column 10", "Illegal character '\\n'", 'the line reads: name = "a')),
        (b'name = "a"\nb =', ("line 2", "Invalid value at the end of the file", "complete it")),
        (b"[a\n", ("line 1, column 3", "Expected ']' at the end of a table declaration", "the line reads: [a")),
        (
            b"a = 1\na = 2\nb = 3",
            ("line 2, column 6", "a key or section stands twice (cannot overwrite a value)", "the line reads: a = 2"),
        ),
        (b'a = 1\nb = "\xff"', ("line 2", "is not UTF-8 text", "save the file as UTF-8")),
    ],
)
def test_what_is_not_toml_is_told_by_line_and_column(source: bytes, problem: tuple[str, str, str]) -> None:
    assert told(source) == [problem]


@given(st.binary(max_size=80) | st.text(alphabet="name=[].\"'#\n{}, 1at", max_size=80).map(str.encode))
def test_any_file_is_a_project_or_a_list_of_problems(source: bytes) -> None:
    try:
        found: object = decode(source)
    except ProjectInvalid as error:
        found = error.problems
    assert found
