"""The S3 API of the object store."""

from shipway.awsapi.s3.app import s3_app

__all__ = ["s3_app"]
