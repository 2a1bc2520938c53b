"""An AWS account as a target: the same project on SageMaker, Step Functions, CodePipeline, CodeDeploy and Lambda."""
