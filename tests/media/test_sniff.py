"""A file is what its bytes say."""

import pytest

from cutroom.media.sniff import sniff
from cutroom.records.errors import FormatForbidden, NotMedia, SourceEmpty, SourceNotVideo


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"\x00\x00\x00\x18ftypmp42", "mov"),
        (b"\x1aE\xdf\xa3....", "matroska"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "avi"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav"),
        (b"FLV\x01....", "flv"),
        ((b"G" + b"\x00" * 187) * 5, "mpegts"),
        ((b"\x00" * 4 + b"G" + b"\x00" * 187) * 5, "mpegts"),
        (b"\x00\x00\x01\xba....", "mpeg"),
        (b"OggS....", "ogg"),
        (b"GIF89a..", "gif"),
        (b"\xff\xfb\x90\x00....", "mp3"),
        (b"\xff\xf1\x50\x80....", "aac"),
    ],
)
def test_media_is_known_by_its_first_bytes(tmp_path, head, demuxer):
    """Each container is told by its signature, whatever the name says."""
    path = tmp_path / "lies.txt"
    path.write_bytes(head)

    assert sniff(path) == demuxer


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"", SourceEmpty),
        (b"x", NotMedia),
        (bytes(range(256)), NotMedia),
        (b"\x00" * 4096, NotMedia),
        (b"#EXTM3U\nfile:///etc/passwd", FormatForbidden),
        (b"\xef\xbb\xbf  #EXTM3U\n", FormatForbidden),
        (b"ffconcat version 1.0\nfile x.mp4", FormatForbidden),
        (b'<?xml version="1.0"?><MPD>', FormatForbidden),
        (b"<MPD><BaseURL>file:///x", FormatForbidden),
        (b"<svg xmlns=", FormatForbidden),
        (b"v=0\r\no=- 0 0 IN IP4", FormatForbidden),
        (b"<!DOCTYPE html><html>", SourceNotVideo),
        (b"\n<HTML><head>", SourceNotVideo),
        (b"\x89PNG\r\n\x1a\n", SourceNotVideo),
        (b"\xff\xd8\xff\xe0....", SourceNotVideo),
        (b"--exec rm", NotMedia),
    ],
)
def test_everything_else_is_refused_by_name(tmp_path, head, error):
    """Playlists, manifests, pages and pictures are refused however they are called."""
    path = tmp_path / "video.mp4"
    path.write_bytes(head)

    with pytest.raises(error):
        sniff(path)
