"""Decode, resize to 299 x 299 and normalise on the GPU: (-1,) uint8 -> (299, 299, 3) float32."""

from nvidia.dali import fn, pipeline_def, types
from nvidia.dali.plugin.triton import autoserialize

SIDE = 299
MEAN = [255 * part for part in (0.485, 0.456, 0.406)]
DEVIATION = [255 * part for part in (0.229, 0.224, 0.225)]


@autoserialize
@pipeline_def(batch_size=256, num_threads=12, device_id=0)
def decode():
    """RGB in HWC order; the decoder reads its input from the CPU only."""
    files = fn.external_source(device="cpu", name="DALI_INPUT_0")
    pictures = fn.decoders.image(files, device="mixed", output_type=types.RGB)
    resized = fn.resize(pictures, resize_x=SIDE, resize_y=SIDE)
    return fn.crop_mirror_normalize(
        resized,
        dtype=types.FLOAT,
        output_layout="HWC",
        crop=(SIDE, SIDE),
        mean=MEAN,
        std=DEVIATION,
    )
