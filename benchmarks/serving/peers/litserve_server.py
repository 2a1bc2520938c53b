"""The model as a LitServe server."""

import os
import sys
from pathlib import Path
from typing import Any

import litserve
from flights_model import FlightsModel


class Flights(litserve.LitAPI):
    """Answers /invocations."""

    def setup(self, device: str) -> None:  # noqa: ARG002  LitServe names it
        """Load the model."""
        self.model = FlightsModel(Path(os.environ["BENCH_MODEL"]))

    def decode_request(self, request: dict[str, Any], **_: Any) -> list[Any]:
        """Return the rows."""
        rows: list[Any] = request["instances"]
        return rows

    def predict(self, rows: list[Any], **_: Any) -> list[float]:
        """Return one probability a row."""
        return self.model.from_rows(rows)

    def encode_response(self, found: list[float], **_: Any) -> dict[str, list[float]]:
        """Return the answer's document."""
        return {"predictions": found}


if __name__ == "__main__":
    cores = len(os.sched_getaffinity(0))
    server = litserve.LitServer(Flights(api_path="/invocations"), accelerator="cpu", workers_per_device=cores)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
