"""Suites, validation and reconciliation: what each layer must hold, and whether it does.

Pure: reads the lake and the warehouse, writes Data Docs, and never imports the orchestrator.
"""
