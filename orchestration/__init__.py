"""Ingest, validation, publishing and orchestration of the customer-service metrics warehouse."""
