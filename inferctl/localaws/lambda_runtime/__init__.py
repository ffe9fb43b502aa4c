"""Lambda functions as warm subprocesses of the embedded AWS.

What is real: the code that was uploaded, unpacked from its archive; Python and nodejs handlers with
Lambda's environment and context; the time limit; the error shapes; one event per sandbox at a time
and more sandboxes for more events; the log group. What is not emulated: IAM (the role grants and
denies nothing), VPC, the memory limit, layers, container images, the declared runtime's version
(Python runs on this project's interpreter, nodejs on its node), retries of asynchronous events and
dead-letter queues.
"""

from .function import FunctionSpec, Invocation
from .runtime import LambdaRuntime

__all__ = ["FunctionSpec", "Invocation", "LambdaRuntime"]
