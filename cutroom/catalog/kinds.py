"""The kinds of findings, each tied to the record that it is made of."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from cutroom.records.findings import FaceTrack, Scene, Topic, Word
from cutroom.records.span import Span

S = TypeVar("S", bound=Span)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """One kind of finding."""

    name: str
    """As the `analysis` table has it."""
    record: type[S]


SCENES = Kind("scene", Scene)
SILENCES = Kind("silence", Span)
SPEECH = Kind("speech", Span)
WORDS = Kind("word", Word)
"""Kept through `remember_transcript`, which also keeps who wrote them down."""
FACES = Kind("face", FaceTrack)
TOPICS = Kind("topic", Topic)
