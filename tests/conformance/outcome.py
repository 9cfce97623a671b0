"""What became of a case in one corpus, and the words that group the failures."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from virtbus.errors import VirtbusError

from .xml_compare import Difference

ROOT = Path(__file__).parents[2]


@dataclass
class Outcome:
    """One result; passed when no difference was found. A failure may be in several groups."""

    corpus: str
    case: str
    differences: list[Difference] = field(default_factory=list)
    written: str = ""  # our document or command line, to show
    refusal: str = ""  # our error, where refusing was right
    expected: bytes = b""  # libvirt's document, where the result is about one

    @property
    def reasons(self) -> list[str]:
        """The groups that this failure belongs to."""
        return list(dict.fromkeys(difference.reason for difference in self.differences))


class Stopped(Exception):
    """A step ended in an error; `refused` when it was one of ours."""

    def __init__(self, stage: str, error: Exception) -> None:
        super().__init__(f"{stage}: {error}")
        self.stage = stage
        self.error = error
        self.refused = isinstance(error, VirtbusError)

    def difference(self) -> Difference:
        """The failure it is, where the step should have succeeded."""
        if self.refused:
            return Difference(
                f"refused at {self.stage}: {without_values(str(self.error))}",
                f"{type(self.error).__name__}: {self.error}",
            )
        trace = traceback.extract_tb(self.error.__traceback__)
        place = next(
            (frame for frame in reversed(trace) if Path(frame.filename).is_relative_to(ROOT)),
            trace[-1],
        )
        where = f"{Path(place.filename).name}:{place.lineno}"
        return Difference(
            f"crash: {type(self.error).__name__} at {where}",
            "".join(traceback.format_exception(self.error)),
        )


def without_values(message: str) -> str:
    """A message without what differs from case to case."""
    message = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "'...'", message.strip())
    message = re.sub(r"^line \d+[:,]?\s*|\(line \d+\)|, line \d+", "", message)
    return re.sub(r"(?<![\w.-])-?(0x[0-9a-f]+|\d+)\b", "N", message)[:160]
