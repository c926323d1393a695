"""Erases people from everything below the home, and proves it.

Pure: reads and writes the home; never imports the orchestrator. The caller holds the run lock.
"""

from orchestration.erasure.erase import Plan, TableRows, erase, plan_erasure
from orchestration.erasure.scan import Place, scan
from orchestration.erasure.texts import scrub_texts

__all__ = ["Place", "Plan", "TableRows", "erase", "plan_erasure", "scan", "scrub_texts"]
