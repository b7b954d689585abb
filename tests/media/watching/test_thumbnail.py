"""A thumbnail shows something, upright, in its own aspect."""

from fractions import Fraction

import av
import ffmpeg
import numpy as np
import pytest
from PIL import Image

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.probe import probe
from cutroom.media.watching.thumbnail import make_thumbnail
from cutroom.records.clip import CropPoint, FramingPath
from cutroom.records.errors import MediaCorrupt
from cutroom.records.span import Span


def film(path, pictures, *, size=(640, 360), options=None):
    """Encode RGB pictures at ten a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "5", **(options or {})})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def flat(level, size=(640, 360)):
    """Return an even picture."""
    return np.full((size[1], size[0], 3), level, dtype=np.uint8)


def checks(size=(640, 360)):
    """Return a picture in focus: red and green squares, the top left quarter blue."""
    rows, columns = np.indices((size[1], size[0])) // 24
    picture = np.where(((rows + columns) % 2)[..., None] == 1, [200, 40, 40], [40, 180, 40])
    picture[: size[1] // 2, : size[0] // 2] = [30, 30, 220]
    return picture.astype(np.uint8)


def thumbnail(source, folder, start=0.0, end=None, **settings):
    """Make a thumbnail and open it."""
    media = probe(source)
    part = folder / "thumbnail.jpg"
    make_thumbnail(source, media, Span(start=start, end=end or media.duration), part, **settings)
    with Image.open(part) as picture:
        picture.load()
    assert picture.format == "JPEG"
    return picture


def test_a_black_beginning_is_passed_over(tmp_path):
    """Most of the clip is black; the part that is not is shown."""
    source = film(tmp_path / "a.mp4", [flat(0)] * 35 + [checks()] * 15)

    picture = np.asarray(thumbnail(source, tmp_path))

    assert picture.mean() > 40
    assert picture.std() > 40


def test_a_sharp_picture_is_preferred_to_a_blurred_one(tmp_path):
    """A whip pan in the first third gives way to the shot that follows."""
    sharp = checks()
    smooth = np.repeat(sharp.mean(axis=1, keepdims=True), 640, axis=1).astype(np.uint8)
    source = film(tmp_path / "a.mp4", [smooth] * 22 + [sharp] * 28)

    picture = np.asarray(thumbnail(source, tmp_path)).astype(float)

    assert np.abs(np.diff(picture, axis=1)).mean() > 2


def test_the_aspect_is_kept_inside_the_size(tmp_path):
    """A 2:1 picture fills the width and not the height."""
    source = film(tmp_path / "a.mp4", [checks((800, 400))] * 10, size=(800, 400))

    assert thumbnail(source, tmp_path).size == (320, 160)
    assert thumbnail(source, tmp_path, size=(100, 100)).size == (100, 50)


def test_a_small_picture_is_not_enlarged(tmp_path):
    """It stays as small as it is."""
    source = film(tmp_path / "a.mp4", [checks((64, 48))] * 10, size=(64, 48))

    assert thumbnail(source, tmp_path).size == (64, 48)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", [{}, {"display_hflip": None}])
def test_it_stands_as_ffmpeg_would_turn_it(tmp_path, degrees, mirror):
    """Rotation and mirroring of the display matrix are applied."""
    plain = film(tmp_path / "plain.mp4", [checks()] * 10)
    source = tmp_path / "turned.mp4"
    turned = guarded_input(plain, display_rotation=degrees, **mirror)
    run(ffmpeg.output(turned, str(source), c="copy"))
    reference = tmp_path / "reference.png"
    upright = guarded_input(source).filter("scale", -2, 180 if degrees % 180 == 0 else 320)
    run(ffmpeg.output(upright, str(reference), vframes=1))

    picture = thumbnail(source, tmp_path, size=(320, 320) if degrees % 180 else (320, 180))

    with Image.open(reference) as expected:
        assert picture.size == expected.size
        difference = np.asarray(picture).astype(float) - np.asarray(expected.convert("RGB"))
    assert np.abs(difference).mean() < 12


def test_the_crop_of_the_clip_is_shown(tmp_path):
    """A framing on the blue quarter gives a blue picture of its shape."""
    source = film(tmp_path / "a.mp4", [checks()] * 10)
    framing = FramingPath(width=0.25, height=0.5, points=(CropPoint(time=0, x=0.1, y=0),))

    picture = thumbnail(source, tmp_path, framing=framing)

    assert picture.size == (160, 180)
    red, green, blue = np.asarray(picture).reshape(-1, 3).mean(axis=0)
    assert blue > 3 * max(red, green)


def test_one_frame_is_enough(tmp_path):
    """A video of one frame shows that frame."""
    source = film(tmp_path / "a.mp4", [checks()])

    assert thumbnail(source, tmp_path, end=0.1).size == (320, 180)


def test_a_file_that_gives_no_frame_is_called_corrupt(tmp_path):
    """The error says where."""
    source = film(tmp_path / "a.mp4", [checks()] * 10)
    media = probe(source)
    content = bytearray(source.read_bytes())
    start, stop = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:stop] = bytes(stop - start)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)

    with pytest.raises(MediaCorrupt, match=r"between 0\.2 s and 0\.8 s"):
        make_thumbnail(broken, media, Span(start=0.2, end=0.8), tmp_path / "x.jpg")
