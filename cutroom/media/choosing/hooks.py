"""Words that make people listen, by language: questions, numbers, words that are leaned on."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hooks:
    """The words of one language, in lower case."""

    questions: frozenset[str]
    """Open a question; they count at its beginning only."""
    strong: frozenset[str]
    """Used where it matters to the speaker."""
    numbers: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


HOOKS = {
    "en": Hooks(
        _words("who what when where why how which whose"),
        _words(
            "never always best worst most only biggest huge amazing incredible secret truth "
            "mistake crazy insane literally absolutely really exactly important must love hate"
        ),
        _words(
            "two three four five six seven eight nine ten twenty thirty fifty hundred thousand "
            "million billion percent half double"
        ),
    ),
    "de": Hooks(
        _words("wer was wann wo warum wie welche welcher wieso weshalb"),
        _words(
            "nie niemals immer beste schlimmste größte unglaublich geheimnis wahrheit fehler "
            "wichtig genau wirklich absolut unbedingt liebe hasse"
        ),
        _words(
            "zwei drei vier fünf sechs sieben acht neun zehn zwanzig hundert tausend million "
            "milliarde prozent hälfte doppelt"
        ),
    ),
    "fr": Hooks(
        _words("qui quoi quand où pourquoi comment quel quelle combien"),
        _words(
            "jamais toujours meilleur pire énorme incroyable secret vérité erreur important "
            "vraiment exactement absolument"
        ),
        _words("deux trois quatre cinq six sept huit neuf dix cent mille million pourcent moitié"),
    ),
    "es": Hooks(
        _words("quién qué cuándo dónde cómo cuál cuánto"),
        _words(
            "nunca siempre mejor peor enorme increíble secreto verdad error importante "
            "realmente exactamente absolutamente"
        ),
        _words("dos tres cuatro cinco seis siete ocho nueve diez cien mil millón mitad doble"),
    ),
}
"""Other languages are scored by their question marks, digits and everything that is no word."""
NONE = Hooks(frozenset(), frozenset(), frozenset())
