"""An encoder counts only if it encodes."""

from cutroom.media.making.encoders import try_encoder


def test_software_encoders_work_everywhere():
    """What every job needs is in the ffmpeg we bring."""
    assert try_encoder("libx264").works
    assert try_encoder("ffv1").works


def test_an_encoder_that_is_not_there_says_why():
    """A name alone proves nothing."""
    trial = try_encoder("h264_nosuch")

    assert not trial.works
    assert trial.why_not
