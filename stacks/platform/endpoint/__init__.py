"""The section `endpoint`: instance, image, environment, scaling."""
