"""Text -> token ids and attention mask, (batch, 128) int32 each; longer texts are cut."""

from pathlib import Path

import numpy as np
import triton_python_backend_utils as pb_utils
from tokenizers import Tokenizer

TOKENS = 128


class TritonPythonModel:
    """Tokenises with the file beside it, so nothing is downloaded when it loads."""

    def initialize(self, args):
        """Read the tokenizer; ``args`` come from Triton."""
        folder = Path(args["model_repository"]) / args["model_version"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(max_length=TOKENS)
        self.tokenizer.enable_padding(length=TOKENS)

    def execute(self, requests):
        """One response per request, in order."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        rows = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy().reshape(-1)
        try:
            texts = [row.decode("utf-8") for row in rows]
        except UnicodeDecodeError as error:
            problem = pb_utils.TritonError(f"INPUT0 must be UTF-8 text: {error}")
            return pb_utils.InferenceResponse(error=problem)
        try:
            encodings = self.tokenizer.encode_batch(texts)
            ids = np.array([encoding.ids for encoding in encodings], np.int32)
            mask = np.array([encoding.attention_mask for encoding in encodings], np.int32)
        except MemoryError as error:
            # SageMaker unloads other models and tries again when it reads these words.
            raise pb_utils.TritonModelException(f"out of memory: {error}") from error
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor("OUTPUT0", ids), pb_utils.Tensor("OUTPUT1", mask)]
        )
