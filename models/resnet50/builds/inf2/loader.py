"""ResNet-50 for the Neuron compiler: torchvision's module with the tensors of the TorchScript file.

Runs in the compiler image, which has both; the archive does not hold this file.
"""

import torch
import torchvision


def load(path):
    """The module, ready to be traced; raises KeyError for the file of another network."""
    tensors = torch.jit.load(path).state_dict()
    module = torchvision.models.resnet50(weights=None)
    # attributes of a TorchScript module have no dots in their names
    module.load_state_dict(
        {
            name: value if name.endswith("num_batches_tracked") else tensors[name.replace(".", "_")]
            for name, value in module.state_dict().items()
        }
    )
    return module.eval()
