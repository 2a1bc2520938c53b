"""Processing, training and transform jobs under SageMaker's container contract, on this machine."""
