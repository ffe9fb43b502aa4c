"""A platform as a picture, drawn from the templates of its stacks."""
