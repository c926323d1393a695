"""Load dates and a suite that several tests of this folder use."""

from __future__ import annotations

from datetime import date

DAY = date(2024, 1, 1)
NEXT_DAY = date(2024, 1, 2)
NOT_NULL_TEAM = """\
description: Chats as they were typed.
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: team}
    severity: critical
    description: Nobody answers for a chat without a team.
"""
