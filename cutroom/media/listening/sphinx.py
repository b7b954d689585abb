"""PocketSphinx: the stand-in that needs no download, English only and often wrong.

It decodes in a process of its own: it holds Python's lock while it works, which would stop
everything else for seconds at a time, and it writes to the terminal.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cutroom.media.listening.sound import Sound
from cutroom.media.listening.word_times import HeardWord
from cutroom.records.errors import ModelFailed
from cutroom.records.span import Span

MODEL = "en-us"
LONGEST_STRETCH = 20.0
"""Seconds decoded at once; its memory and its errors grow with a longer one."""
JOIN = 0.6
"""Seconds; the words before are its context, but a longer pause ends a thought."""
_FRAME_RATE = 100
"""Frames per second of its clock."""
_FILLER = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
_VARIANT = re.compile(r"\(\d+\)$")
_START_LIMIT = 60.0
"""Seconds to start and to load the model on a busy machine."""
_SLOWEST = 30.0
"""Seconds a second of speech may take; 0.2 are usual."""


def hear_by_sphinx(sound: Sound, stretches: Sequence[Span]) -> list[list[HeardWord]]:
    """Write down English speech.

    Args:
        sound: Where it is said, at 16 kHz.
        stretches: What to listen to, in order.

    Returns:
        The words of each stretch, in lower case and without punctuation, in seconds of the file.

    Raises:
        ModelFailed: PocketSphinx is not there, or did not finish.
    """
    order = {"path": str(sound.path), "spans": [[span.start, span.end] for span in stretches]}
    limit = _START_LIMIT + _SLOWEST * sum(span.duration for span in stretches)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=True,
            timeout=limit,
        )
    except subprocess.CalledProcessError as error:
        last_line = (error.stderr.strip() or "it said nothing").splitlines()[-1]
        raise ModelFailed(
            f"PocketSphinx failed: {last_line}", "Install pocketsphinx again."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ModelFailed(
            f"PocketSphinx was not done after {limit:.0f} s.", "Run the job on a less busy machine."
        ) from error
    return [[HeardWord(*word) for word in words] for words in json.loads(done.stdout)]


def _decode_all(sound: Sound, spans: Sequence[Span]) -> Iterator[list[HeardWord]]:
    """Decode each span, in the process that may be busy."""
    from pocketsphinx import Decoder  # noqa: PLC0415  only the other process needs it

    decoder = Decoder(samprate=sound.sample_rate, loglevel="FATAL", logfn=os.devnull)
    parent = os.getppid()
    for span in spans:
        if os.getppid() != parent:
            sys.exit("The process that asked is gone.")
        samples = sound.samples(span)
        decoder.start_utt()
        if len(samples):
            pcm = np.round(samples * 32768).astype("<i2")
            decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        yield list(_words_of(decoder, span.start))


def _words_of(decoder: Any, origin: float) -> Iterator[HeardWord]:
    """Yield what was said, without fillers and the numbers of pronunciation variants."""
    if decoder.hyp() is None:
        return
    for part in decoder.seg():
        text = _VARIANT.sub("", part.word)
        if _FILLER.match(text):
            continue
        start = origin + part.start_frame / _FRAME_RATE
        end = origin + (part.end_frame + 1) / _FRAME_RATE
        yield HeardWord(text, start, end, float(part.prob))


def main() -> None:
    """Answer one order from standard input on standard output, as JSON."""
    order = json.load(sys.stdin)
    spans = [Span(start=start, end=end) for start, end in order["spans"]]
    heard = _decode_all(Sound.open(Path(order["path"])), spans)
    answer = [
        [[word.text, word.start, word.end, word.probability] for word in words] for words in heard
    ]
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
