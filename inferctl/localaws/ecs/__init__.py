"""ECS on EC2 of the embedded AWS: the API of our own, and a simulator that places the tasks."""
