"""YOLOv4 from Darknet's weights as a TensorFlow 1 SavedModel: picture files in, detections out.

``image``, (batch,) files as strings -> ``boxes`` (batch, 100, 4) in pixels of the picture,
``scores`` and ``classes`` (batch, 100). The network is float16 between the cast of the picture and
``lambda_1/Cast`` to ``lambda_3/Cast``; those casts and the ``reshape`` operators behind them stay
off the chip, so that half as many bytes leave it. Names and thresholds are those of
https://github.com/aws-neuron/aws-neuron-sdk/tree/master/src/examples/tensorflow/yolo_v4_demo

Runs on the compiler image's Python 3.7 with TensorFlow 1.15, and on TensorFlow 2 as well.
"""

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1

SIDE = 608
CLASSES = 80
ANCHORS = 3
EPSILON = 1e-5
HEADER_BYTES = 20
SCORE_THRESHOLD = 0.05
OVERLAP_THRESHOLD = 0.45
DETECTIONS = 100
STAGES = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))
# (stride, stretch of x and y, anchors in pixels), in the order of the file's heads
HEADS = (
    (8, 1.2, ((12, 16), (19, 36), (40, 28))),
    (16, 1.1, ((36, 75), (76, 55), (72, 146))),
    (32, 1.05, ((142, 110), (192, 243), (459, 401))),
)


def save(path, folder):
    """Write the SavedModel of the weights file ``path`` into ``folder``, which must not exist."""
    with tf1.Session(graph=tf1.Graph()) as session:
        image = tf1.placeholder(tf.string, [None], "image")
        pictures, shapes = tf.map_fn(
            read_picture, image, dtype=(tf.float16, tf.int32), back_prop=False
        )
        pictures.set_shape([None, SIDE, SIDE, 3])
        boxes, scores, classes = detections(pictures, shapes, Weights(path, np.float16))
        tf1.saved_model.simple_save(
            session,
            folder,
            inputs={"image": image},
            outputs={"boxes": boxes, "scores": scores, "classes": classes},
        )


def read_picture(file):
    """(608, 608, 3) float16 from 0 to 1, and the (height, width, channels) that it had."""
    with tf1.name_scope("Preprocessor"):
        pixels = tf.image.decode_png(file, channels=3)
        shape = tf.shape(pixels)
        resized = tf1.image.resize_bilinear(
            tf.expand_dims(tf.cast(pixels, tf.float32), 0), [SIDE, SIDE], half_pixel_centers=True
        )
        return tf.cast(resized[0] / 255.0, tf.float16), shape


def detections(pictures, shapes, weights):
    """The network on (batch, 608, 608, 3) pictures that had ``shapes``; boxes, scores, classes."""
    heads = network(pictures, weights)
    weights.finish()
    parts = []
    # The largest objects first, as in the example.
    for number, (head, (stride, stretch, anchors)) in enumerate(
        zip(reversed(heads), reversed(HEADS))
    ):
        cells = SIDE // stride
        # Keras numbers its layers this way; the recipe keeps them on the CPU by these names.
        with tf1.name_scope("lambda_{}".format(number + 1)):
            values = tf.cast(head, tf.float32, name="Cast")
        with tf1.name_scope("reshape" if number == 0 else "reshape_{}".format(number)):
            values = tf.reshape(values, [-1, cells * cells, ANCHORS, 5 + CLASSES])
        with tf1.name_scope("yolo_out"):
            parts.append(decode(values, cells, stretch, anchors))
    with tf1.name_scope("yolo_out"):
        boxes = tf.concat([box for box, _ in parts], 1)
        scores = tf.concat([score for _, score in parts], 1)
        sides = tf.cast(shapes, tf.float32)
        boxes *= tf.expand_dims(tf.stack([sides[:, 1], sides[:, 0]] * 2, 1), 1)
        kept = tf.image.combined_non_max_suppression(
            tf.expand_dims(boxes, 2),
            scores,
            max_output_size_per_class=DETECTIONS,
            max_total_size=DETECTIONS,
            iou_threshold=OVERLAP_THRESHOLD,
            score_threshold=SCORE_THRESHOLD,
            pad_per_class=False,
            clip_boxes=False,
        )
    return tuple(tf.identity(values, name) for values, name in zip(kept, ("boxes", "scores", "classes")))


def decode(values, cells, stretch, anchors):
    """Boxes in shares of the picture, (batch, cells * cells * 3, 4), and their class scores."""
    rows, columns = np.divmod(np.arange(cells * cells), cells)
    grid = np.stack([columns, rows], 1)[:, np.newaxis].astype(np.float32)
    centres = (tf.sigmoid(values[..., :2]) * stretch - (stretch - 1) / 2 + grid) / cells
    halves = tf.exp(values[..., 2:4]) * (np.array(anchors, np.float32) / (2 * SIDE))
    boxes = tf.concat([centres - halves, centres + halves], -1)
    scores = tf.sigmoid(values[..., 4:5]) * tf.sigmoid(values[..., 5:])
    count = cells * cells * ANCHORS
    return tf.reshape(boxes, [-1, count, 4]), tf.reshape(scores, [-1, count, CLASSES])


class Weights:
    """Takes convolutions off Darknet's file, one after the other."""

    def __init__(self, path, dtype):
        with open(path, "rb") as stream:
            stream.seek(HEADER_BYTES)
            self.values = np.fromfile(stream, "<f4")
        self.dtype = dtype
        self.start = 0

    def take(self, *shape):
        """The next numbers of the file, in this shape."""
        end = self.start + int(np.prod(shape))
        if end > len(self.values):
            raise ValueError("the weights end after {} numbers".format(len(self.values)))
        taken = self.values[self.start : end].reshape(shape)
        self.start = end
        return taken

    def convolution(self, inputs, outputs, size, normalised):
        """Kernel (height, width, inputs, outputs) and bias, with the normalisation folded in."""
        if normalised:
            shift, scale, mean, variance = (self.take(outputs) for _ in range(4))
            factor = scale / np.sqrt(variance + EPSILON)
            bias = shift - mean * factor
        else:
            factor, bias = np.float32(1), self.take(outputs)
        kernel = self.take(outputs, inputs, size, size).transpose(2, 3, 1, 0) * factor
        return kernel.astype(self.dtype), bias.astype(self.dtype)

    def finish(self):
        """Raise ValueError unless the file ends here."""
        if self.start != len(self.values):
            raise ValueError(
                "the weights hold {} numbers, YOLOv4 has {}".format(len(self.values), self.start)
            )


def network(picture, weights):
    """CSPDarknet53, SPP, PANet: the heads for strides 8, 16 and 32, NHWC, before decoding."""

    def convolve(value, outputs, size, stride=1, activation="leaky"):
        inputs = int(value.shape[-1])
        kernel, bias = weights.convolution(inputs, outputs, size, activation != "linear")
        if stride == 2:
            # one row above and one column to the left, as Darknet's sizes come out
            value = tf.pad(value, [[0, 0], [1, 0], [1, 0], [0, 0]])
        padding = "VALID" if stride == 2 else "SAME"
        value = tf1.nn.conv2d(value, kernel, [1, stride, stride, 1], padding) + bias
        if activation == "mish":
            return value * tf.tanh(tf.math.softplus(value))
        return tf.nn.leaky_relu(value, 0.1) if activation == "leaky" else value

    def mish(value, outputs, size, stride=1):
        return convolve(value, outputs, size, stride, "mish")

    def alternate(value, width, count):
        for number in range(count):
            value = convolve(value, 2 * width, 3) if number % 2 else convolve(value, width, 1)
        return value

    def upsample(value):
        size = int(value.shape[1]) * 2
        return tf1.image.resize_nearest_neighbor(value, [size, size])

    def head(value, width):
        fields = ANCHORS * (5 + CLASSES)
        return convolve(convolve(value, width, 3), fields, 1, activation="linear")

    value = mish(picture, 32, 3)
    levels = []
    for outputs, blocks in STAGES:
        width = outputs if outputs == 64 else outputs // 2
        value = mish(value, outputs, 3, 2)
        side = mish(value, width, 1)
        value = mish(value, width, 1)
        for _ in range(blocks):
            value = value + mish(mish(value, outputs // 2, 1), width, 3)
        value = mish(tf.concat([mish(value, width, 1), side], -1), outputs, 1)
        levels.append(value)

    deep = alternate(levels[4], 512, 3)
    pools = [tf1.nn.max_pool(deep, [1, n, n, 1], [1, 1, 1, 1], "SAME") for n in (13, 9, 5)]
    deep = alternate(tf.concat(pools + [deep], -1), 512, 3)
    lifted = upsample(convolve(deep, 256, 1))
    middle = alternate(tf.concat([convolve(levels[3], 256, 1), lifted], -1), 256, 5)
    lifted = upsample(convolve(middle, 128, 1))
    shallow = alternate(tf.concat([convolve(levels[2], 128, 1), lifted], -1), 128, 5)

    small = head(shallow, 256)
    middle = alternate(tf.concat([convolve(shallow, 256, 3, 2), middle], -1), 256, 5)
    medium = head(middle, 512)
    deep = alternate(tf.concat([convolve(middle, 512, 3, 2), deep], -1), 512, 5)
    return small, medium, head(deep, 1024)
