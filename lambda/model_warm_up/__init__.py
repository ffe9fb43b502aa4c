"""``Custom::ModelWarmUp``: calls hot models before their callers do.

After a deployment, while a canary is watched, and after the endpoint has been scaled.
"""
