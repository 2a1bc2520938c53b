"""The starter project's served model: its classes, and the answers that training wrote down."""

import json
from pathlib import Path

import pytest

from container import PROJECTS, Container, serving

SETOSA = "5.1,3.5,1.4,0.2"


def test_the_starter_serves_a_probability_for_each_class(starter: Container, tmp_path: Path) -> None:
    with serving(starter, tmp_path / "log", {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}) as server:
        answer = server.predict(SETOSA, "text/csv", "application/json").json
        assert answer["outputs"] == ["setosa", "versicolor", "virginica"]
        assert answer["predictions"][0][0] > 0.9
        body = (PROJECTS["template"] / "samples" / "request.json").read_text()
        named = server.predict(body, "application/json").json["predictions"]
        assert [row.index(max(row)) for row in named] == [0, 2]
        sample = json.loads((starter.user_data / "sample.json").read_text())
        again = server.predict("\n".join(sample["rows"]), "text/csv", "application/json").json["predictions"]
        assert [value for row in again for value in row] == pytest.approx(
            [value for row in sample["predictions"] for value in row], abs=1e-12
        )
