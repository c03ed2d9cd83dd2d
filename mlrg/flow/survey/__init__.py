"""Surveys: what the exact RG map says of many declared models, as one table."""

from mlrg.flow.survey.declare import Declaration, declarations
from mlrg.flow.survey.probe import Limits, Probe, probe
from mlrg.flow.survey.run import survey
from mlrg.flow.survey.table import text

__all__ = ["Declaration", "Limits", "Probe", "declarations", "probe", "survey", "text"]
