"""Reads declared sources and writes the lake, one partition (table and load date) at a time.

Pure: files in, files out. Never imports the orchestrator.
"""

from orchestration.ingest.delivery import (
    Delivery,
    FileDelivery,
    load_deliveries,
    read_delivery,
)
from orchestration.ingest.inbox import deliveries_in_inbox, unclaimed_files
from orchestration.ingest.native import NativeFile, native_files
from orchestration.ingest.partition import (
    finish_interrupted,
    ingest_partition,
    partition_folder,
    write_schema_file,
)
from orchestration.ingest.quarantine import (
    Quarantined,
    list_quarantined,
    quarantine_folder,
    show_quarantined,
)
from orchestration.ingest.replay import Replay, replay_partition

__all__ = [
    "Delivery",
    "FileDelivery",
    "NativeFile",
    "Quarantined",
    "Replay",
    "deliveries_in_inbox",
    "finish_interrupted",
    "ingest_partition",
    "list_quarantined",
    "load_deliveries",
    "native_files",
    "partition_folder",
    "quarantine_folder",
    "read_delivery",
    "replay_partition",
    "show_quarantined",
    "unclaimed_files",
    "write_schema_file",
]
