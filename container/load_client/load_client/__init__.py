"""One load client for TF Serving, KServe v2 servers such as Triton, and SageMaker endpoints."""
