"""The custom resource that publishes a fleet of models."""
