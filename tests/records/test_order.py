"""An order refuses what cannot be carried out, by name."""

import pytest
from pydantic import ValidationError

from cutroom.records.order import Order, Preset, Recipe, Source


def test_every_option_has_a_default():
    """A source is enough."""
    order = Order(source=Source(kind="file", location="/a.mp4"))

    assert order.recipe.wants_clips
    assert order.recipe.wanted_renditions == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("clips", -1), ("layout", "round"), ("colour", "red"), ("language", "English"), ("cut", 3)],
)
def test_a_wrong_option_is_named(field, value):
    """The error says which field it is, an unknown one too."""
    with pytest.raises(ValidationError) as caught:
        Recipe(**{field: value})

    assert caught.value.errors()[0]["loc"] == (field,)


def test_lengths_must_fit():
    """The longest clip is not shorter than the shortest."""
    with pytest.raises(ValidationError, match="longest_clip"):
        Recipe(shortest_clip=30, longest_clip=10)


def test_presets_choose_what_is_made():
    """An archive has a master; a transcode has copies; neither chooses clips."""
    assert Recipe(preset=Preset.ARCHIVE).wants_master
    assert Recipe(preset=Preset.TRANSCODE).wanted_renditions
    assert not Recipe(preset=Preset.TRANSCODE).wants_clips


@pytest.mark.parametrize(
    ("location", "label"),
    [
        ("/videos/My talk.mp4", "My talk.mp4"),
        ("https://host/a/b.mp4?X-Amz-Signature=secret", "b.mp4"),
        ("https://host/watch?v=x", "watch"),
        ("/v/{weird}\n.mp4", "_weird_.mp4"),
    ],
)
def test_a_label_is_short_and_holds_no_secret(location, label):
    """Runs are named by it, so it never shows a signature nor breaks a template."""
    assert Order(source=Source(kind="link", location=location)).label == label


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://ann:pw@a.b:8443/v.mp4?sig=1#t=2", "https://a.b:8443/v.mp4?kept-in-the-catalog"),
        ("https://a.b/v.mp4?anything", "https://a.b/v.mp4?kept-in-the-catalog"),
        ("https://a.b/v.mp4", "https://a.b/v.mp4"),
        ("/home/ann/what?.mp4", "/home/ann/what?.mp4"),
        ("uploads/ann/0a1b", "uploads/ann/0a1b"),
    ],
)
def test_an_order_is_shown_without_secrets(location, shown):
    """Of an address only the path is left, and a mark where anything was."""
    order = Order(source=Source(kind="link", location=location), job_id="ab" * 16)
    masked = order.without_secrets()

    assert masked.source.location == shown
    assert masked.is_masked == (location != shown)
    assert masked.without_secrets() == masked
    assert masked.job_id == order.job_id
    assert "pw" not in order.label
