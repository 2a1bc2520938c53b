"""The documents that a project becomes on AWS: CloudFormation stacks, state machines, dashboard, build steps. Pure."""
