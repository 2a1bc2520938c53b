"""Instance types that SageMaker has, as botocore's model lists them: a misspelt one would fail in a run's middle."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

import botocore.session

from shipway.domain.project import Problem, Project


def problems(project: Project) -> Iterator[Problem]:
    """Yield the instance types that the installed boto3 does not know for what they are for."""
    wanted = {
        "processing.instance_type": ("ProcessingInstanceType", project.processing.instance_type),
        "training.instance_type": ("TrainingInstanceType", project.training.instance_type),
        "endpoint.dev.instance_type": ("ProductionVariantInstanceType", project.endpoint.dev.instance_type),
        "endpoint.prod.instance_type": ("ProductionVariantInstanceType", project.endpoint.prod.instance_type),
    }
    for path, (shape, kind) in wanted.items():
        known = instances(shape)
        if kind not in known:
            near = get_close_matches(kind, known, n=3)
            remedy = f"write {' or '.join(near)}; a newer type may need a newer boto3"
            yield Problem(path=path, problem=f"SageMaker has no {kind} for this (model: {shape})", remedy=remedy)


@cache
def instances(shape: str) -> tuple[str, ...]:
    """Return the instance types of one shape of SageMaker's model."""
    return tuple(botocore.session.get_session().get_service_model("sagemaker").shape_for(shape).enum)
