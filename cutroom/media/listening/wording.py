"""What written words tell about how they belong together."""

import re
import unicodedata
from collections.abc import Iterable

SPACELESS = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages written without blanks between words; Whisper hands their words out bit by bit."""
_ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "prof.", "sr.", "jr.", "e.g.", "i.e."}
)
# Marks of several scripts, some of which look alike on purpose.
_SENTENCE_END = re.compile(r"[.?!…。！？]+[\"'”’»)\]]*$")  # noqa: RUF001  full-width marks are meant
_PHRASE_END = re.compile(r"[,;:、，；：–—][\"'”’»)\]]*$")  # noqa: RUF001  the same
_CLOSERS = frozenset(".,!?;:…。，！？、")  # noqa: RUF001  the same
_WORDLESS = frozenset("-–—\"'“”‘’«»()[]{}*_~♪♫#") | _CLOSERS  # noqa: RUF001  the same
_JOINERS = "\u200c\u200d"
"""Invisible, but Persian and Indic scripts and emoji are written with them."""
_BROKEN = "\ufffd"
"""What a half-decoded letter looks like."""
_INITIAL = re.compile(r"^[A-Z]\.$")


def clean_text(text: str) -> str:
    """Return a word without blanks at its ends, line breaks and what nobody can see or read."""
    kept = "".join(
        letter
        for letter in text
        if letter.isspace() or letter in _JOINERS or unicodedata.category(letter)[0] != "C"
    )
    return " ".join(kept.replace(_BROKEN, "").split())


def join_words(texts: Iterable[str], language: str) -> str:
    """Write words in a row as the language does, with no blank too many."""
    between = "" if language in SPACELESS else " "
    return " ".join(between.join(texts).split())


def ends_sentence(text: str, following: str | None) -> bool:
    """Say whether a sentence ends with this word.

    Args:
        text: The word, punctuation attached.
        following: The word after it; one in lower case goes on with the sentence.
    """
    if not _SENTENCE_END.search(text):
        return False
    if text.lower() in _ABBREVIATIONS or _INITIAL.match(text):
        return following is None
    return following is None or not following[:1].islower()


def ends_phrase(text: str) -> bool:
    """Say whether a comma or its like stands after this word."""
    return bool(_PHRASE_END.search(text))


def is_closing(text: str) -> bool:
    """Say whether this is nothing but marks that belong to the word before."""
    return bool(text) and set(text) <= _CLOSERS


def is_wordless(text: str) -> bool:
    """Say whether this holds nothing that could be said aloud."""
    return set(text) <= _WORDLESS
