"""What a command says: its result on stdout, as text or as one JSON object, and everything else on stderr."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console as RichConsole

from outreach.errors import Invalid, OutreachError
from wording.sentences import say

DONE, FAILED, INPUT_WRONG = 0, 1, 2


class Console:
    """One for each run of the program."""

    def __init__(self, *, as_json: bool, language: str) -> None:
        self.as_json = as_json
        self.language = language
        self.messages = RichConsole(stderr=True, highlight=False, soft_wrap=True)

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key, in the language of the office."""
        return say(key, language=self.language, **values)

    def tell(self, text: str) -> None:
        """A message beside the result."""
        self.messages.print(text, markup=False)

    def result(self, found: Mapping[str, Any], text: str) -> None:  # Any: whatever JSON can hold
        """The result: the object for programs, the text for people."""
        print(json.dumps(found, ensure_ascii=False) if self.as_json else text)  # noqa: T201 - it is the output
        sys.stdout.flush()

    def error(self, error: OutreachError) -> None:
        """Why nothing was done; every fault of the input."""
        faults = error.faults if isinstance(error, Invalid) else ()
        listed = [
            {"field": fault.field, "message": self.say(fault.key, **fault.values)} for fault in faults
        ] or [{"message": self.say(error.key, **error.values)}]
        self.faults(listed)

    def faults(self, listed: list[dict[str, Any]]) -> None:
        """Faults of the input, as `{"errors": […]}` or a line each."""
        if self.as_json:
            self.result({"errors": listed}, "")
        for fault in listed:
            where = " ".join(
                str(fault[part]) for part in ("file", "row", "column", "field") if fault.get(part)
            )
            self.tell(f"{where}: {fault['message']}" if where else str(fault["message"]))
