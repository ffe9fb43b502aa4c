"""Programs that engines start in a process of their own; none is imported by the job.

Those with a vendor's SDK run on the image's other Python, so they import nothing of ours and stay
with what Python 3.7 knows.
"""
