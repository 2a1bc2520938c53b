"""What services do by a role of ours without our code saying so: role -> action -> who does it and where that stands.

Together with what is recorded from our code (tests/aws/calls), what the state machines ask, and what CloudFormation's
own schemas list, this is all that a role may be granted.
"""

LAMBDA = {
    "logs:CreateLogStream": "Lambda writes each function's log; developer guide, execution role",
    "logs:PutLogEvents": "Lambda writes each function's log; developer guide, execution role",
    "xray:PutTelemetryRecords": "Lambda traces calls where tracing is active; AWSXRayDaemonWriteAccess",
    "xray:PutTraceSegments": "Lambda traces calls where tracing is active; AWSXRayDaemonWriteAccess",
}
NETWORK = {
    "ec2:CreateNetworkInterface": "Lambda joins the network; developer guide, VPC, execution role permissions",
    "ec2:DeleteNetworkInterface": "Lambda leaves the network; developer guide, VPC, execution role permissions",
    "ec2:DescribeNetworkInterfaces": "Lambda joins the network; developer guide, VPC, execution role permissions",
    "ec2:DescribeSubnets": "Lambda joins the network; developer guide, VPC, execution role permissions",
    "elasticfilesystem:ClientMount": "Lambda mounts the shared volume; developer guide, file systems",
}
OBJECTS = {
    "kms:Decrypt": "S3 decrypts and encrypts objects on behalf of who reads and writes them",
    "kms:GenerateDataKey": "S3 decrypts and encrypts objects on behalf of who reads and writes them",
    "s3:ListBucket": "without it S3 answers 403, not 404, for an object that is not there; S3 API reference, GetObject",
    "s3:AbortMultipartUpload": "a broken upload in parts is removed by who began it",
}
QUEUE = {
    f"sqs:{verb}": "Lambda takes messages from a queue; developer guide, SQS, execution role permissions"
    for verb in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
}
ASIDE = {"sqs:SendMessage": "Lambda puts events aside that a function fails at; developer guide, dead-letter queues"}
STATES = {
    **{
        f"logs:{verb}": "Step Functions writes histories; developer guide, logging, IAM policies"
        for verb in (
            *("CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"),
            *("GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
        )
    },
    "xray:PutTelemetryRecords": "Step Functions traces executions; developer guide, X-Ray",
    "xray:PutTraceSegments": "Step Functions traces executions; developer guide, X-Ray",
}
ANSWERS = {"codepipeline:PutJobFailureResult": "functions/job.py tells the pipeline of a failure, whichever it is"}
SAGEMAKER = {
    "ecr:BatchCheckLayerAvailability": "SageMaker fetches images by the role; developer guide, execution roles",
    "ecr:BatchGetImage": "SageMaker fetches images by the role; developer guide, execution roles",
    "ecr:GetAuthorizationToken": "SageMaker fetches images by the role; developer guide, execution roles",
    "ecr:GetDownloadUrlForLayer": "SageMaker fetches images by the role; developer guide, execution roles",
    "logs:CreateLogGroup": "SageMaker writes the programs' logs; developer guide, execution roles",
    "logs:CreateLogStream": "SageMaker writes the programs' logs; developer guide, execution roles",
    "logs:DescribeLogStreams": "SageMaker writes the programs' logs; developer guide, execution roles",
    "logs:PutLogEvents": "SageMaker writes the programs' logs; developer guide, execution roles",
    "cloudwatch:PutMetricData": "SageMaker writes metrics of instances; developer guide, execution roles",
    "s3:GetObject": "inputs, models and baselines are read by the role",
    "s3:PutObject": "outputs and captures are written by the role",
    **OBJECTS,
}
PIPELINE = {
    **{
        f"s3:{verb}": "CodePipeline carries artifacts; user guide, service role"
        for verb in ("GetBucketVersioning", "GetObject", "GetObjectVersion", "ListBucket", "PutObject")
    },
    "kms:Decrypt": "CodePipeline carries artifacts; user guide, service role",
    "kms:GenerateDataKey": "CodePipeline carries artifacts; user guide, service role",
    "codeconnections:UseConnection": "the source action of a connection; user guide, service role",
    **{
        f"codecommit:{verb}": "the source action of CodeCommit; user guide, service role"
        for verb in ("CancelUploadArchive", "GetBranch", "GetCommit", "GetUploadArchiveStatus", "UploadArchive")
    },
    "codebuild:BatchGetBuilds": "the action of CodeBuild; user guide, service role",
    "codebuild:StartBuild": "the action of CodeBuild; user guide, service role",
    **{
        f"states:{verb}": "the action of Step Functions; user guide, Step Functions action reference"
        for verb in ("DescribeExecution", "DescribeStateMachine", "StartExecution")
    },
    "lambda:InvokeFunction": "the actions of Lambda; user guide, service role",
    "lambda:ListFunctions": "the actions of Lambda; user guide, service role",
    **{
        f"cloudformation:{verb}": "the actions of CloudFormation; user guide, service role"
        for verb in (
            *("CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet"),
            *("DescribeStackEvents", "DescribeStacks", "ExecuteChangeSet", "SetStackPolicy", "UpdateStack"),
        )
    },
    "iam:PassRole": "the actions of CloudFormation hand their role on; user guide, service role",
    "sns:Publish": "the approval action tells people; user guide, service role",
}
BUILD = {
    "logs:CreateLogStream": "CodeBuild writes its log; user guide, service role",
    "logs:PutLogEvents": "CodeBuild writes its log; user guide, service role",
    **{
        f"ecr:{verb}": "docker pushes by the role; ECR user guide, IAM permissions for pushing an image"
        for verb in (
            *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"),
            *("GetAuthorizationToken", "GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"),
        )
    },
    **{
        f"s3:{verb}": "CodeBuild takes and leaves artifacts of CodePipeline; the ledger is read by rendering.py"
        for verb in ("GetObject", "GetObjectVersion", "ListBucket", "PutObject")
    },
    **OBJECTS,
}
SHIFT = {
    "cloudwatch:DescribeAlarms": "CodeDeploy watches alarms; AWSCodeDeployRoleForLambdaLimited",
    "lambda:GetAlias": "CodeDeploy shifts traffic; AWSCodeDeployRoleForLambdaLimited",
    "lambda:GetProvisionedConcurrencyConfig": "CodeDeploy shifts traffic; AWSCodeDeployRoleForLambdaLimited",
    "lambda:InvokeFunction": "CodeDeploy runs hooks; AWSCodeDeployRoleForLambdaLimited",
    "lambda:UpdateAlias": "CodeDeploy shifts traffic; AWSCodeDeployRoleForLambdaLimited",
}
USER = {"sagemaker:InvokeEndpoint": "the handler asks the model: function/api.py of each project"}
HOOK = {
    "codedeploy:PutLifecycleEventHookExecutionStatus": "the hook tells CodeDeploy: function/smoke.py of each project"
}
# What CloudFormation needs beside the schemas' lists.
DEPLOY = {
    "cloudformation:CreateChangeSet": "the transform of SAM; CloudFormation user guide, macros",
    "ecr:BatchGetImage": "Lambda takes an image; developer guide, container images, permissions",
    "ecr:GetDownloadUrlForLayer": "Lambda takes an image; developer guide, container images, permissions",
    "ecr:GetRepositoryPolicy": "Lambda takes an image; developer guide, container images, permissions",
    "elasticfilesystem:DescribeMountTargets": "Lambda mounts the volume",
    **{
        f"logs:{verb}": "stages and state machines that log; API Gateway and Step Functions developer guides"
        for verb in (*("GetLogDelivery", "ListLogDeliveries", "UpdateLogDelivery", "DeleteLogDelivery"),)
    },
}
# In the schemas' lists, and for properties that our stacks do not set.
UNUSED = {
    "firehose:TagDeliveryStream": "log delivery to Firehose",
    "lambda:AssociateRuntimeAlias": "runtime aliases",
    "lambda:DeleteFunctionCodeSigning": "code signing",
    "lambda:DeleteFunctionCodeSigningConfig": "code signing",
    "lambda:DeleteFunctionConcurrency": "reserved concurrency",
    "lambda:DeleteProvisionedConcurrencyConfig": "provisioned concurrency",
    "lambda:GetCodeSigningConfig": "code signing",
    "lambda:GetFunctionScalingConfig": "capacity providers",
    "lambda:GetLayerVersion": "layers",
    "lambda:PassCapacityProvider": "capacity providers",
    "lambda:PutFunctionCodeSigningConfig": "code signing",
    "lambda:PutFunctionConcurrency": "reserved concurrency",
    "lambda:PutFunctionRecursionConfig": "recursion settings",
    "lambda:PutFunctionScalingConfig": "capacity providers",
    "lambda:PutProvisionedConcurrencyConfig": "provisioned concurrency",
    "lambda:PutRuntimeManagementConfig": "runtime management settings",
    "application-autoscaling:DeleteScheduledAction": "scheduled scaling",
    "application-autoscaling:PutScheduledAction": "scheduled scaling",
    "apigateway:UpdateRestApiPolicy": "an API with a resource policy",
    "codedeploy:RegisterOnPremisesInstance": "machines of one's own",
    "logs:DeleteDataProtectionPolicy": "data protection",
    "logs:DeleteIndexPolicy": "index policies",
    "logs:DeleteResourcePolicy": "resource policies",
    "logs:PutBearerTokenAuthentication": "bearer tokens",
    "logs:PutDataProtectionPolicy": "data protection",
    "logs:PutIndexPolicy": "index policies",
    "logs:PutLogGroupDeletionProtection": "deletion protection",
    "s3:GetObjectVersion": "code by a version of its object",
    "s3:REST.PUT.OBJECT": "log delivery to S3",
    "s3files:ListMountTargets": "S3 Files",
    "states:PublishStateMachineVersion": "versions of state machines",
}
