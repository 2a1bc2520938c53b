"""A control plane elsewhere as a target: the port over the REST API."""
