"""The custom resources that ask what was deployed, and fail the deployment when it is wrong."""
