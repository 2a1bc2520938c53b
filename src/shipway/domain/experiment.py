"""The record of one training run: what went in, what came out."""

from dataclasses import dataclass
from datetime import datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject


class ExperimentNotFound(ShipwayError):
    """No run of this name was recorded."""

    message = "run {run!r} was never recorded"
    exit_code = 4
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One run. parameters: hyperparameters as the program got them; metrics: name -> value.

    record: everything else worth keeping: image, data, gate's sentence, failure.
    """

    run: str
    project: str
    status: str
    parameters: JsonObject
    metrics: JsonObject
    record: JsonObject
    started: datetime
    ended: datetime | None = None
