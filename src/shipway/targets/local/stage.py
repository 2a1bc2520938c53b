"""How a stage tells that it failed."""

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Handler, Task, TaskFailed


def told(stage: Handler) -> Handler:
    """Return the stage, with an error for people as the failure of its state: name and sentence are kept."""

    def perform(task: Task) -> Json:
        try:
            return stage(task)
        except TaskFailed:
            raise
        except ShipwayError as error:
            remedy = f" ({error.remedy})" if error.remedy else ""
            raise TaskFailed(error=type(error).__name__, cause=f"{error}{remedy}") from error

    return perform
