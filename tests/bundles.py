"""Bundles for tests that need a release and do not care what is in it."""

from shipway.domain.release import Bundle


def bundle(**changes: object) -> Bundle:
    """Return a bundle of the project `tiny`."""
    fields: dict[str, object] = {
        "project": "tiny",
        "commit": "c0ffee",
        "data": {"Digest": "sha256:1", "S3Uri": "s3://tiny-artifacts/data/1/", "Objects": 1},
        "image": f"shipway/tiny@sha256:{'a' * 64}",
        "function_image": f"shipway/tiny-function@sha256:{'b' * 64}",
        "model": "s3://tiny-artifacts/runs/tiny-1-0/model/train/output/model.tar.gz",
        "model_digest": f"sha256:{'c' * 64}",
        "documents": {"project": f"sha256:{'d' * 64}"},
        "metrics": {"auc": 0.71},
        "gate": "auc 0.71 meets 0.65",
        "environment": {"run": "tiny-1-0"},
    }
    return Bundle(**{**fields, **changes})  # type: ignore[arg-type]
