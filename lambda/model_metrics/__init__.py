"""Metrics of each model, measured by whoever calls it. Standard library only."""

from model_metrics.call import ModelCall
from model_metrics.measure import Measured, measured
from model_metrics.record import record, records

__all__ = ["Measured", "ModelCall", "measured", "record", "records"]
