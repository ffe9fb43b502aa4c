"""Token embeddings (batch, 128, 384) and their mask -> unit sentence vectors (batch, 384)."""

import numpy as np
import triton_python_backend_utils as pb_utils

SMALLEST_NORM = 1e-12


class TritonPythonModel:
    """Mean over the tokens that the mask keeps, then L2 normalisation."""

    def execute(self, requests):
        """One response per request, in order."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        embeddings = pb_utils.get_input_tensor_by_name(request, "TOKEN_EMBEDS_POST").as_numpy()
        mask = pb_utils.get_input_tensor_by_name(request, "ATTENTION_POST").as_numpy()
        try:
            # The division by the token count is left out: the normalisation would undo it.
            sums = np.matmul(mask[:, np.newaxis, :].astype(np.float32), embeddings)[:, 0, :]
            norms = np.linalg.norm(sums, axis=1, keepdims=True)
            vectors = sums / np.maximum(norms, np.float32(SMALLEST_NORM))
        except MemoryError as error:
            # SageMaker unloads other models and tries again when it reads these words.
            raise pb_utils.TritonModelException(f"out of memory: {error}") from error
        return pb_utils.InferenceResponse([pb_utils.Tensor("SENT_EMBED", vectors)])
