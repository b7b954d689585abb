"""The name of a cut: the same cut of the same video has the same one, on any machine."""

import hashlib
import json
from typing import Literal

from cutroom.records.clip import FramingPath
from cutroom.records.order import Captions, CutMode, Layout
from cutroom.records.span import Span

VERSION = 1
"""Raised when the same settings would give another clip."""


def cut_id(
    digest: str,
    span: Span,
    *,
    layout: Layout = "source",
    framing: FramingPath | None = None,
    captions: Captions = "none",
    mode: CutMode = "smart",
    loudness: Literal["source", "broadcast"] = "source",
) -> str:
    """Return 16 hexadecimal characters that name a cut.

    Args:
        digest: SHA-256 of the source, which the times belong to.
        span: The stretch; times that agree to the millisecond are the same.
        layout: As in `Cut`, like all that follow: whatever changes the finished file.
        framing: None leaves the picture whole.
        captions: Whether they are burned in.
        mode: How it may be cut.
        loudness: What is done to the sound.
    """
    facts = [
        VERSION,
        digest,
        round(span.start * 1000),
        round(span.end * 1000),
        layout,
        framing.model_dump(mode="json") if framing else None,
        captions,
        mode,
        loudness,
    ]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
