"""What runs as Lambda functions on AWS. Each module has a `handler`; all of them are in one zip."""
