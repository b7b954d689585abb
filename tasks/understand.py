"""Join what the windows found, and say what it is about."""

from typing import Any

from cutroom.language import topics
from cutroom.media.listening import words
from cutroom.records.findings import Topic, Transcript
from tasks.policies import step
from tasks.workbench import Workbench


def gathered(futures: Any) -> list[Any]:
    """Return the findings of all windows as one list, in order."""
    return [finding for found in futures.result() for finding in found]


def join_transcripts(parts: list[Transcript]) -> Transcript | None:
    """Return one transcript of all windows; None when nothing is said."""
    return words.join_transcripts(parts)


@step("topics")
def find_topics(transcript: Transcript, bench: Workbench) -> list[Topic]:
    """Split what is said into stretches about one thing."""
    with bench.book.stage("topics"):
        return topics.find_topics(transcript)
