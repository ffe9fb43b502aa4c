"""A picture of a dashboard, made from its synthesized template: widgets, limits, alarms."""
