"""Write the model as an MLflow model. Usage: mlflow_model.py FOLDER."""

import os
import sys
from pathlib import Path
from typing import Any

import mlflow.pyfunc
from flights_model import FlightsModel


class Flights(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined, misc]
    """Answers with one probability a row."""

    def load_context(self, context: Any) -> None:
        """Load the model."""
        self.model = FlightsModel(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: Any, params: Any = None) -> list[float]:  # noqa: ARG002  MLflow's names
        """Return the probabilities."""
        return self.model.from_frame(model_input)


if __name__ == "__main__":
    mlflow.pyfunc.save_model(
        path=sys.argv[1],
        python_model=Flights(),
        artifacts={"model": os.environ["BENCH_MODEL"]},
        code_paths=[str(Path(__file__).parent / "flights_model.py")],
        pip_requirements=[],
    )
