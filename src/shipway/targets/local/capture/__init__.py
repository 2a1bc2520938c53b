"""Capture on this machine: recorders before the endpoints, a spool, and finished files in the bucket."""
