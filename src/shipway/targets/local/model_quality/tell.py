"""What is told of labels: how many there are as a metric, and a notice for each day that lacks them."""

from datetime import datetime

from shipway.domain import metric_catalogue as metrics
from shipway.domain.metric import Series
from shipway.domain.model_quality import lacking, sentence
from shipway.domain.notice import Kind
from shipway.domain.project import Project
from shipway.targets.local.model_quality.quality import LocalModelQuality
from shipway.targets.local.notify import Inbox
from shipway.targets.local.telemetry import Telemetry


def tell_coverage(
    quality: LocalModelQuality, project: Project, telemetry: Telemetry, inbox: Inbox, now: datetime
) -> None:
    """Record the newest day whose labels are due, and tell people of days that lack some, each once.

    Nobody is told in a project that has never had a label: there the metric is all.
    """
    due = quality.due(now)
    if not due:
        return
    telemetry.record(Series(metrics.LABEL_COVERAGE), due[0].share, now)
    if not quality.labelled():
        return
    for each in lacking(due, project.monitoring):
        body = f"{sentence(each, project.monitoring)}\n\ntell them: shipway labels add FILE\nlook: shipway quality"
        subject = f"{project.name}: labels of {each.day:%Y-%m-%d} are missing"
        inbox.write(f"labels:{each.day:%Y-%m-%d}", Kind.LABELS_MISSING, subject, body)
