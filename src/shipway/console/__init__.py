"""The REST API and the web console of a control plane, through ports alone."""
