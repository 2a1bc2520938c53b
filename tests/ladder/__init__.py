"""The verification ladder of the aws target: what can be known about its documents without an account."""
