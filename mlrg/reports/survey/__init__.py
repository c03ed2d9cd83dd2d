"""Surveys: what the exact RG map says of many declared models, as one table."""

from mlrg.reports.survey.declarations import Declaration, declarations
from mlrg.reports.survey.probe import Limits, Probe, probe
from mlrg.reports.survey.surveys import survey
from mlrg.reports.survey.table import text

__all__ = ["Declaration", "Limits", "Probe", "declarations", "probe", "survey", "text"]
