"""Leaves out what dbt does for people and not for tables: more than half of a small build.

For processes that do nothing but play histories. What reaches the warehouse is the same: every
statement is run as dbt renders it. Bound to the pinned version of dbt; a newer one that has no such
place fails here at once.
"""

from __future__ import annotations

import functools
import gc
from typing import Any


def spare_time() -> None:
    """No events, no compiled files, no flush to the disk, no search of the manifest for garbage."""
    _no_events()
    _tables_made_once()
    _templates_compiled_once()
    _no_files()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _no_events() -> None:
    """Their messages are made when somebody reads them, and only warnings and errors are told."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    make, look_up, fire = BaseEvent.__init__, BaseEvent.__getattr__, EventManager.fire_event

    def remember(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
        self.__dict__["made_of"] = (args, kwargs)

    def look_up_when_made(self: BaseEvent, key: str) -> Any:
        if "pb_msg" not in self.__dict__:
            args, kwargs = self.__dict__["made_of"]
            make(self, *args, **kwargs)
        return look_up(self, key)

    def fire_what_is_read(self: EventManager, e: BaseEvent, level: Any = None, **more: Any) -> None:
        if (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            fire(self, e, level=level, **more)

    BaseEvent.__init__ = remember
    BaseEvent.__getattr__ = look_up_when_made
    EventManager.fire_event = fire_what_is_read


def _tables_made_once() -> None:
    """A statement without a result gets the one empty table; the parser of dates is made once."""
    import parsedatetime
    from dbt_common.clients import agate_helper

    empty = agate_helper.empty_table()
    agate_helper.empty_table = lambda: empty
    parsedatetime.Constants = functools.cache(parsedatetime.Constants)
    constants = parsedatetime.Constants(localeID=None)
    calendar = parsedatetime.Calendar(constants, version=parsedatetime.VERSION_CONTEXT_STYLE)
    parsedatetime.Calendar = lambda *args, **kwargs: calendar


def _templates_compiled_once() -> None:
    """The code of a model is the same in every build, and that of a macro in every call."""
    from dbt_common.clients.jinja import BaseMacroGenerator, MacroFuzzEnvironment

    compile_source, find = MacroFuzzEnvironment.compile, BaseMacroGenerator.get_macro
    codes: dict[tuple[type, str], Any] = {}

    def compile_once(self: MacroFuzzEnvironment, source: Any, *args: Any, **kwargs: Any) -> Any:
        key = (type(self), tuple(sorted(self.extensions)), str(source))
        if key not in codes:
            codes[key] = compile_source(self, source, *args, **kwargs)
        return codes[key]

    def find_once(self: BaseMacroGenerator) -> Any:
        # Bound to the context of one rendering, in which a generator lives.
        found = self.__dict__.get("found")
        if found is None or found[0] is not self.context:
            found = self.__dict__["found"] = (self.context, find(self))
        return found[1]

    MacroFuzzEnvironment.compile = compile_once
    BaseMacroGenerator.get_macro = find_once


def _no_files() -> None:
    from dbt.contracts.graph.nodes import ParsedNode

    ParsedNode.write_node = lambda self, root, path, content: None
