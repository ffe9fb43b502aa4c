"""The section `monitoring`: a dashboard, alarms, and who is told."""
