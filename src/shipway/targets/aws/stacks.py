"""What the stacks, the pipeline's actions and the functions agree on: names of parameters, outputs and variables.

A stack's parameter is filled from the output of the same name of a stack before it in `names.STACKS`, or from the
assets below; the prod and dev stacks get the variables of the pipeline's `create-release` action. So output names are
unique over all stacks, and a template declares no parameter that nobody gives and that has no default.
"""

# Assets that `apply` uploads: given to every stack that declares them.
ASSET_BUCKET = "AssetBucket"  # the artifacts bucket; an output of the foundation stack under its own name as well
FUNCTIONS_KEY = "FunctionsKey"  # the key of the platform functions' zip in there
ANALYZE_IMAGE = "AnalyzeImage"  # the analyzer's image, by digest
ASSETS = (ASSET_BUCKET, FUNCTIONS_KEY, ANALYZE_IMAGE)

# Outputs that the adapters read.
API_URL = "ApiUrl"  # of prod: https://....amazonaws.com/prod/api
USAGE_PLAN = "UsagePlanId"  # of prod: what a client's key is put into

# Variables of the pipeline, set by whatever starts it: `shipway start`, and each EventBridge rule's target.
CAUSE_KIND = "CauseKind"  # a value of domain.pipeline.CauseKind
CAUSE_BY = "CauseBy"
CAUSE_REASON = "CauseReason"
PIPELINE_VARIABLES = (CAUSE_KIND, CAUSE_BY, CAUSE_REASON)
NO_VALUE = "-"  # a pipeline variable may not be empty

# UserParameters of the pipeline's `create-release` action, as one JSON object.
USER_PROJECT = "Project"
USER_EXECUTION = "Execution"  # #{codepipeline.PipelineExecutionId}
USER_WORKFLOW = "Workflow"  # the train action's ExecutionArn
USER_FUNCTION_IMAGE = "FunctionImage"  # by digest
USER_COMMIT = "Commit"  # of the source action
USER_DOCUMENT = "ProjectDigest"  # sha256 of the project's files, from the build action
CREATE_RELEASE_PARAMETERS = (
    *(USER_PROJECT, USER_EXECUTION, USER_WORKFLOW),
    *(USER_FUNCTION_IMAGE, USER_COMMIT, USER_DOCUMENT),
)

# Variables that `create-release` gives: parameters of the dev and prod stacks under the same names.
RELEASE = "Release"  # its number
RELEASE_DIGEST = "ReleaseDigest"
IMAGE_URI = "ImageUri"
FUNCTION_IMAGE_URI = "FunctionImageUri"
MODEL_DATA_URL = "ModelDataUrl"
RUN_PREFIX = "RunPrefix"  # s3://artifacts/runs/<run>
RUN_FOLDER = "RunFolder"  # below the shared volume
RELEASE_VARIABLES = (RELEASE, RELEASE_DIGEST, IMAGE_URI, FUNCTION_IMAGE_URI, MODEL_DATA_URL, RUN_PREFIX, RUN_FOLDER)

# UserParameters of the pipeline's `record-live` action, the last one of DeployProd: Project, Execution and Release.
RECORD_LIVE_PARAMETERS = (USER_PROJECT, USER_EXECUTION, RELEASE)
