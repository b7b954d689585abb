"""Foreign titles as one plain line, and as words to compare."""

import re
import unicodedata

LONGEST = 255
"""Characters of a title or a name that are kept; every site allows fewer."""


def one_line(text: object) -> str:
    """Return text without tags, control and direction marks or line ends, at most `LONGEST`."""
    untagged = re.sub(r"<[^<>]{1,500}>", " ", str(text or "")[: 10 * LONGEST])
    kept = "".join(
        " " if letter.isspace() else letter
        for letter in untagged
        if letter.isspace() or unicodedata.category(letter)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())[:LONGEST].strip()


def words_of(text: str) -> tuple[str, ...]:
    """Return a text's words in order, without case and without marks between them."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def speaks_of(text: str, wanted: str) -> bool:
    """Say whether a word or a phrase stands in a text, as whole words.

    Scripts that know no capitals often know no spaces either (Chinese, Japanese, Thai): there
    any place counts.
    """
    phrase = " ".join(words_of(wanted))
    said = " ".join(words_of(text))
    if not phrase:
        return False
    if phrase.upper() == phrase and not phrase.isascii():
        return phrase in said
    return f" {phrase} " in f" {said} "
