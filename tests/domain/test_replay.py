"""What a replay says about a new version, from both versions' answers alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.replay import Answer, Case, Limits, Outcome, Recorded, compare
from shipway.domain.replay.answers import broken, read, rows_of

COLUMNS = ("distance", "carrier")


def said(document: object, status: int = 200) -> Answer:
    return Answer(status=status, content_type="application/json", body=json.dumps(document).encode())


def asked(row: str, kind: str = "text/csv") -> Recorded:
    return Recorded(body=row.encode(), content_type=kind, answer=said({}))


def case(number: int, new: object, old: object | None = None, status: int = 200) -> Case:
    """A request of one row; the old version answers its number, carrier AA for each fifth."""
    carrier = "AA" if number % 5 == 0 else "BB"
    before = said({"score": number / 100} if old is None else old)
    return Case(request=asked(f"{number},{carrier}\n"), old=before, new=said(new, status))


def test_nothing_to_compare_is_inconclusive() -> None:
    assert compare([]).outcome is Outcome.INCONCLUSIVE
    refused = Case(request=asked("1"), old=said({}, 400), new=said({}, 500))
    assert compare([refused]).outcome is Outcome.INCONCLUSIVE


def test_equal_answers_pass() -> None:
    report = compare([case(n, {"score": n / 100}) for n in range(100)], COLUMNS)
    assert (report.outcome, report.differing, report.predictions) == (Outcome.PASS, 0, 100)
    assert report.sentence == "replay: 100 recorded requests answered, 0 of 100 predictions differ (0.0%)"


def test_a_retrained_model_may_answer_differently_unless_a_limit_is_set() -> None:
    cases = [case(n, {"score": (n + 30 * (n % 2)) / 100}) for n in range(100)]
    assert compare(cases, COLUMNS).outcome is Outcome.PASS
    report = compare(cases, COLUMNS, Limits(max_answer_difference=0.4))
    assert (report.outcome, report.differing) == (Outcome.FAIL, 50)
    assert report.sentence == "replay: 50 of 100 predictions differ (50.0%), 40.0% are allowed"


@pytest.mark.parametrize(
    ("new", "status", "sentence"),
    [
        ({}, 500, "fails 100 of 100 recorded requests (most often: status 500)"),
        ({}, 0, "fails 100 of 100 recorded requests (most often: no answer)"),
        ({}, 400, "fails 100 of 100 recorded requests (most often: status 400)"),
        ({"value": 1}, 200, "100 of 100 answers have another shape: score is missing"),
        ({"score": "high"}, 200, "100 of 100 answers have another shape: score is text, not a number"),
        ({"score": None}, 200, "100 of 100 answers have another shape: score is null, not a number"),
        ({"score": 0.5}, 200, "gives one and the same answer to 100 different rows"),
    ],
)
def test_what_keeps_a_version_from_callers(new: object, status: int, sentence: str) -> None:
    report = compare([case(n, new, status=status) for n in range(100)], COLUMNS)
    assert report.outcome is Outcome.FAIL
    assert sentence in report.sentence


def test_one_stray_failure_in_two_hundred_passes_and_is_reported() -> None:
    cases = [case(n, {"score": n / 100}, status=500 if n == 7 else 200) for n in range(200)]
    report = compare(cases, COLUMNS)
    assert (report.outcome, report.errors) == (Outcome.PASS, 1)
    assert compare(cases[:50], COLUMNS).outcome is Outcome.FAIL


def test_more_members_than_before_break_nobody() -> None:
    assert compare([case(n, {"score": n / 100, "why": "because"}) for n in range(50)]).outcome is Outcome.PASS


def test_a_field_that_names_the_answer_is_no_prediction() -> None:
    cases = [case(n, {"score": n, "id": f"b{n}"}, {"score": n, "id": f"a{n}"}) for n in range(50)]
    assert compare(cases).differing == 0


def test_the_report_names_the_column_that_holds_the_differences() -> None:
    cases = [case(n, {"score": (n + 50 * (n % 5 == 0)) / 100}) for n in range(100)]
    report = compare(cases, COLUMNS)
    assert [each.feature for each in report.slices] == ["carrier"]
    assert "they concentrate at carrier = AA (20 of 20 differ)" in report.sentence
    assert report.document["slices"] == [{"feature": "carrier", "values": "= AA", "rows": 20, "differing": 20}]


def test_the_range_of_a_number_is_named() -> None:
    report = compare([case(n, {"score": (n + 50 * (n >= 75)) / 100}) for n in range(100)], COLUMNS)
    assert [str(each) for each in report.slices] == ["distance from 75 (25 of 25 differ)"]


def test_rows_of_one_request_are_compared_one_by_one() -> None:
    body = "".join(f"{n},BB\n" for n in range(40))
    old = said({"predictions": [{"score": n} for n in range(40)]})
    new = said({"predictions": [{"score": n + 20 * (n < 10)} for n in range(40)]})
    report = compare([Case(request=asked(body), old=old, new=new)], COLUMNS)
    assert (report.predictions, report.differing) == (40, 10)
    assert "distance below 10" in report.sentence
    short = said({"predictions": [{"score": n} for n in range(39)]})
    report = compare([Case(request=asked(body), old=old, new=short)], COLUMNS)
    assert "predictions[].score has 39 values for 40 rows" in report.sentence


@pytest.mark.parametrize(
    ("body", "kind", "rows"),
    [
        ("1,AA\n2,BB\n", "text/csv", [{"distance": 1, "carrier": "AA"}, {"distance": 2, "carrier": "BB"}]),
        ("distance,carrier\n1,AA\n", "text/csv", [{"distance": 1, "carrier": "AA"}]),
        ("1,2,3", "text/csv", [{"column 1": 1, "column 2": 2, "column 3": 3}]),
        ('{"instances": [[1, "AA"]]}', "application/json", [{"distance": 1, "carrier": "AA"}]),
        ('[{"distance": 1}]', "application/json", [{"distance": 1}]),
        ('{"distance": 1, "carrier": "AA"}', "application/json", [{"distance": 1, "carrier": "AA"}]),
        ('[1, "AA"]', "application/json", [{"distance": 1, "carrier": "AA"}]),
        ("{", "application/json", []),
        ("3", "application/json", []),
    ],
)
def test_the_rows_of_a_request(body: str, kind: str, rows: list[object]) -> None:
    assert rows_of(asked(body, kind), COLUMNS) == rows


def test_csv_answers_are_read_by_column() -> None:
    old = read(Answer(status=200, content_type="text/csv", body=b"0.1,late\n0.2,early\n"))
    assert old.leaves == {"column 1": (0.1, 0.2), "column 2": ("late", "early")}
    one = read(Answer(status=200, content_type="text/csv", body=b"0.1\n0.2\n"))
    assert broken(old, one, 2) == "column 2 is missing"
    assert broken(old, read(said([1])), 2) == "it is application/json, not text/csv"
    assert broken(read(said([])), read(Answer(status=200, body=b"\xff")), 0) == "it is bytes, not application/json"


leaves = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats() | st.text()
documents = st.recursive(leaves, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=5)


@given(st.lists(documents, min_size=1, max_size=12))
def test_a_version_never_differs_from_itself(answers: list[object]) -> None:
    cases = [Case(request=asked(f"{at},AA"), old=said(each), new=said(each)) for at, each in enumerate(answers)]
    report = compare(cases, COLUMNS, Limits(max_answer_difference=0.0))
    if "NaN" not in str([case.old.body for case in cases]) and "Infinity" not in str([c.old.body for c in cases]):
        assert (report.outcome, report.differing, report.errors, report.reshaped) == (Outcome.PASS, 0, 0, 0)


@given(st.lists(st.tuples(documents, documents, st.sampled_from([0, 200, 404, 500])), max_size=8))
def test_any_answers_get_a_verdict_with_a_sentence(answers: list[tuple[object, object, int]]) -> None:
    cases = [case(at, new, old, status) for at, (old, new, status) in enumerate(answers)]
    report = compare(cases, COLUMNS)
    assert report.sentence
    assert 0 <= report.differing <= report.predictions
    assert report.errors <= report.requests
    json.dumps(report.document)
