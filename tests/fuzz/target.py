"""What atheris runs: bytes become a document, and whatever covers more code is kept and varied.

python -m tests.fuzz.target text|documents|guests ARGUMENTS OF LIBFUZZER
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["virtbus.model", "virtbus_qemu.translate"]):
    from tests.fuzz.made import try_document, try_guest, try_text
    from virtbus.model.documents import KINDS, document

    for kind in KINDS:  # which are imported when first asked for
        document(kind)

TARGETS: dict[str, Callable[[bytes], bool]] = {
    "text": try_text,
    "documents": try_document,
    "guests": try_guest,
}


def main() -> None:
    """Run the target that is named first; ends the process."""
    target = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        target(data)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


main()
