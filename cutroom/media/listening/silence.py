"""Silences: where nobody says anything and nothing sounds."""

import numpy as np

from cutroom.media.listening.sound import Sound, measure_power
from cutroom.records.span import Span

READING = 0.02
"""Seconds averaged into one loudness reading; shorter would hear single waves."""


def find_silences(
    sound: Sound, *, threshold_db: float, shortest: float, margin: float
) -> list[Span]:
    """Return the stretches that stay quieter than a threshold.

    Args:
        sound: What to listen to; it is read in blocks, so its length costs no memory.
        threshold_db: Quieter than this counts as silence, in dBFS.
        shortest: Briefer silences are left alone, in seconds, measured after the margins.
        margin: Seconds kept with each sound that ends or begins a silence, so that its attack
            and decay survive. The file's own start and end are no sounds.

    Returns:
        Spans in order, never touching, exact to one `READING`.
    """
    size = max(1, round(READING * sound.sample_rate))
    is_quiet = measure_power(sound, size) < 10 ** (threshold_db / 10)
    # Each silence is one rising edge and one falling edge; padding closes the ends.
    edges = np.flatnonzero(np.diff(is_quiet, prepend=False, append=False))
    silences = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start = first * size / sound.sample_rate + (margin if first > 0 else 0.0)
        is_last = last == len(is_quiet)
        end = sound.duration if is_last else last * size / sound.sample_rate - margin
        start, end = round(start, 6), round(end, 6)
        if end > start and end - start >= shortest - 1e-6:
            silences.append(Span(start=start, end=end))
    return silences
