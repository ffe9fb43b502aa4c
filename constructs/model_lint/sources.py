"""The pages that rules cite, named once."""

CORE = "https://github.com/triton-inference-server/core/blob/main/src"
MODEL_CONFIG = f"{CORE}/model_config_utils.cc"
ENSEMBLE_UTILS = f"{CORE}/ensemble_utils.cc"
SAGEMAKER_SERVER = (
    "https://github.com/triton-inference-server/server/blob/main/src/sagemaker_server.cc"
)
REPOSITORY_DOC = "https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md"
CONFIG_DOC = (
    "https://github.com/triton-inference-server/server/blob/main"
    "/docs/user_guide/model_configuration.md"
)
PYTHON_BACKEND = "https://github.com/triton-inference-server/python_backend#readme"
INVOKE_ENDPOINT = (
    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"
)
MULTI_MODEL = "https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html"
TENSORRT_PLAN = (
    "https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/advanced.html"
)
V2_PROTOCOL = "https://github.com/kserve/kserve/blob/master/docs/predict-api/v2/required_api.md"


def issue(repository: str, number: int) -> str:
    """The address of a GitHub issue."""
    return f"https://github.com/{repository}/issues/{number}"
