"""Pictures: every state is there once, nothing lies on anything else, and names are never markup."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.console.draw import curve, graph, lineage
from shipway.console.draw.layers import layout
from shipway.domain.values import JsonObject
from shipway.ports.view import CurveView, VisitView

NAMES = "abcdefgh"
EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=16)
BOX = {name: (60.0 + 10 * at, 30.0) for at, name in enumerate(NAMES)}


def whole(text: str) -> None:
    """Fail unless a picture is well-formed."""
    ET.fromstring(text)  # noqa: S314  our own


def visit(state: str, status: str, path: str = "", attempt: int = 1) -> VisitView:
    """Return one visit of a state."""
    return VisitView(
        path=path,
        state=state,
        type="Task",
        attempt=attempt,
        status=status,
        input=None,
        output=None,
        error="",
        cause="",
        started=datetime(2026, 3, 1, tzinfo=UTC),
        ended=None,
    )


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_no_box_lies_on_another_and_every_edge_is_drawn(edges: list[tuple[str, str]]) -> None:
    made = layout("a", BOX, edges)
    assert set(made.places) == set(NAMES)
    boxes = [(x, y, x + BOX[name][0], y + BOX[name][1]) for name, (x, y) in made.places.items()]
    for at, one in enumerate(boxes):
        assert 0 <= one[0] <= one[2] <= made.width + 1e-6
        for other in boxes[at + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    wanted = {edge for edge in edges if edge[0] != edge[1]}
    assert wanted <= set(made.paths) | set(made.back)


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_what_is_drawn_downwards_leads_downwards(edges: list[tuple[str, str]]) -> None:
    made = layout("a", BOX, edges)
    for (tail, head), points in made.paths.items():
        assert made.places[tail][1] < made.places[head][1]
        heights = [y for _, y in points]
        assert heights == sorted(heights)


MACHINE: JsonObject = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Task", "Next": "Both", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Wait", "Next": "Ask"}, "Ask": {"Type": "Succeed"}}},
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Task", "End": True}}},
            "Next": "Good?",
        },
        "Good?": {"Type": "Choice", "Choices": [{"Next": "Prepare"}], "Default": "Done <b>"},
        "Done <b>": {"Type": "Succeed"},
        "Sorry": {"Type": "Fail"},
    },
}


def test_a_machine_with_branches_items_loops_and_catches() -> None:
    visits = [visit("Prepare", "succeeded"), visit("Left", "failed", "Both/0"), visit("Right", "running", "Both/1")]
    text = str(graph.drawing(MACHINE, visits, "/x?state=", "Left"))
    whole(text)
    statuses = dict(re.findall(r'id="st-([^"]+)" class="[^"]*" data-status="(\w+)"', text))
    assert statuses == {
        "Prepare": "succeeded",
        "Both": "pending",
        "Left": "failed",
        "Right": "running",
        "Ask": "pending",
        "Each": "pending",
        "Item": "pending",
        "Good?": "pending",
        "Done &lt;b&gt;": "pending",
        "Sorry": "pending",
    }
    assert text.count('class="edge catch"') == 1
    assert "<b>" not in text
    assert 'href="/x?state=Done%20%3Cb%3E#state"' in text
    assert 'class="bad chosen"' in text


def test_a_state_of_a_map_stands_for_its_worst_item() -> None:
    items = [
        visit("Item", "succeeded", "Each/0"),
        visit("Item", "failed", "Each/1"),
        visit("Item", "succeeded", "Each/2"),
    ]
    assert graph.latest(items)["Item"].status == "failed"
    tries = [visit("Item", "failed", "Each/0"), visit("Item", "succeeded", "Each/0", attempt=2)]
    assert graph.latest(tries)["Item"].status == "succeeded"


@pytest.mark.parametrize("document", [None, {}, {"States": {}}, {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}])
def test_a_document_that_says_little_is_drawn_all_the_same(document: JsonObject | None) -> None:
    whole(str(graph.drawing(document, [], "/")))


def test_evidence_is_drawn_beside_its_threshold() -> None:
    one = CurveView(test="errors", threshold=40.0, points=((100, 1.0), (101, 0.0), (102, 1e6)))
    text = str(curve.drawing([one, CurveView(test="cap", threshold=100.0, points=())]))
    whole(text)
    assert text.count('class="limit"') == 2
    assert curve.drawing([CurveView(test="cap", threshold=100.0, points=())]) == ""


def test_lineage_escapes_what_people_wrote() -> None:
    text = str(lineage.drawing([("commit", "<script>", "", ""), ("model", "b", "good", "/x")], [("commit", "model")]))
    whole(text)
    assert "<script>" not in text
