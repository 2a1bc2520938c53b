"""The model as a BentoML service."""

import os
from pathlib import Path
from typing import Any

import bentoml
from flights_model import FlightsModel


@bentoml.service(workers=len(os.sched_getaffinity(0)))
class Flights:
    """Answers /invocations."""

    def __init__(self) -> None:
        self.model = FlightsModel(Path(os.environ["BENCH_MODEL"]))

    @bentoml.api(route="/invocations")
    def invocations(self, instances: list[Any]) -> dict[str, list[float]]:
        """Return one probability a row."""
        return {"predictions": self.model.from_rows(instances)}
