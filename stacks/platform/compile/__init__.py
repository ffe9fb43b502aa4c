"""The section `compile`: where models are compiled."""
