"""Clients of AWS services, one each a process."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# A function is called again by whoever called it only after a while: what passes by itself is tried again here first.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60)


@cache
def client(service: str) -> Any:
    """Return the client of a service, made once a process."""
    return boto3.client(service, config=_PATIENT)


def setting(name: str) -> str:
    """Return an environment variable of the function; the catalogue says which each has."""
    return os.environ[name]
