"""What written words tell about how they belong together."""

import pytest

from cutroom.media.listening.wording import clean_text, ends_phrase, ends_sentence, join_words


@pytest.mark.parametrize("text", ["end.", "what?", "no!", "well…", "end.”", 'end."', "終わり。"])
def test_marks_end_a_sentence(text):
    """Of several scripts, with closing quotes."""
    assert ends_sentence(text, "Next")


@pytest.mark.parametrize(
    ("text", "following"), [("end", "Next"), ("Mr.", "Smith"), ("J.", "Smith"), ("a.m.", "when")]
)
def test_points_inside_a_sentence_do_not(text, following):
    """Titles, initials, and whatever goes on in lower case."""
    assert not ends_sentence(text, following)


def test_the_last_word_ends_with_its_mark():
    """Even a title does when nothing follows."""
    assert ends_sentence("Mr.", None)
    assert not ends_sentence("Mr", None)


@pytest.mark.parametrize("text", ["so,", "this;", "is:", "that,”", "と、"])
def test_marks_end_a_phrase(text):
    """Good places to break a line."""
    assert ends_phrase(text)
    assert not ends_phrase(text[:-1].rstrip(",;:、"))


def test_joined_words_have_single_blanks():
    """Whatever blanks the words carry."""
    assert join_words([" a ", "b\n", "c"], "en") == "a b c"
    assert join_words(["你", "好"], "zh") == "你好"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (" a\nb\u2028c ", "a b c"),
        ("a\x00\x1b\u202eb", "ab"),
        ("ab\ud800\ufffd", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001  Persian for "I want"
    ],
)
def test_clean_text_is_one_readable_line(text, clean):
    """No line breaks, controls, reversals or halves of letters; joiners stay."""
    assert clean_text(text) == clean
