"""Starts TensorFlow Serving with the model of the artifact bucket, and asks for its health."""
