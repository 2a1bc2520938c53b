"""The followed stack's application: flask and pandas, CSV and JSON."""

import io
import json
import os
from pathlib import Path

import flask
import pandas as pd
from flights_model import FlightsModel

app = flask.Flask(__name__)
model = FlightsModel(Path(os.environ["BENCH_MODEL"]))


@app.get("/ping")
def ping() -> flask.Response:
    """Say that the model is there."""
    return flask.Response("\n", 200, mimetype="application/json")


@app.post("/invocations")
def invocations() -> flask.Response:
    """Answer with one probability a row."""
    if flask.request.content_type == "text/csv":
        frame = pd.read_csv(io.StringIO(flask.request.data.decode()), header=None)
        out = io.StringIO()
        pd.DataFrame({"results": model.from_frame(frame)}).to_csv(out, header=False, index=False)
        return flask.Response(out.getvalue(), 200, mimetype="text/csv")
    frame = pd.DataFrame(json.loads(flask.request.data)["instances"], columns=list(model.names))
    return flask.Response(json.dumps({"predictions": model.from_frame(frame)}), 200, mimetype="application/json")
