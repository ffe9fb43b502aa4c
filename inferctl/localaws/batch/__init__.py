"""AWS Batch of the embedded AWS: the API of our own; jobs run as processes of this machine."""
