"""Limits that every server of the host keeps."""

BODY_LIMIT = 10 * 1024 * 1024  # bytes of a request, as API Gateway has it
STOP_SECONDS = 35.0  # from SIGTERM until requests under way are given up: a little more than one may take
