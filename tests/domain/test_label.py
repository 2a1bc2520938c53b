"""Files of labels: a row a form."""

from datetime import UTC, datetime

import pytest

from shipway.domain.label import Fault, Label, LabelsInvalid, read_labels

CSV = "inference,label,row,at\na-1-r7,1,0,2026-03-01T10:00:00\nb-2,late,2,\n"
GROUND_TRUTH = (
    '{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "a-1"}, "eventVersion": "0"}\n'
    '{"groundTruthData": {"data": "bGF0ZQ==", "encoding": "BASE64"}, "eventMetadata": {"eventId": "e",'
    ' "inferenceId": "b-2"}, "eventVersion": "0"}\n'
)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            CSV,
            [
                Label(inference="a-1", value=1.0, at=datetime(2026, 3, 1, 10, tzinfo=UTC)),
                Label(inference="b-2", value="late", row=2),
            ],
        ),
        ('{"inference_id": "a-1-r3", "label": true}\n', [Label(inference="a-1", value=1.0)]),
        (
            '[{"id": "a", "label": 0}, {"id": "b", "value": 2.5}]',
            [
                Label(inference="a", value=0),
                Label(inference="b", value=2.5),
            ],
        ),
        (GROUND_TRUTH, [Label(inference="a-1", value=1.0), Label(inference="b-2", value="late")]),
        ("id,label\n\n7,1\n", [Label(inference="7", value=1.0)]),
    ],
)
def test_a_file_of_labels_is_read(text: str, labels: list[Label]) -> None:
    assert read_labels(text) == (labels, [])


def test_one_wrong_line_does_not_stop_the_others() -> None:
    labels, faults = read_labels('{"id": "a", "label": 1}\nhalf a li\n{"label": 1}\n[3]\n{"id": "b", "label": 2}')
    assert [each.inference for each in labels] == ["a", "b"]
    assert [each.line for each in faults] == [2, 3, 4]
    assert faults[1] == Fault(line=3, problem="it has no inference id")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "inference,label\n", "{}\n", "inference,label\n,1\n"])
def test_a_file_without_labels_is_refused(text: str) -> None:
    with pytest.raises(LabelsInvalid):
        read_labels(text)
