"""Tell what a file is from its first bytes, never from its name."""

from pathlib import Path

from cutroom.records.errors import FormatForbidden, NotMedia, SourceEmpty, SourceNotVideo

HEAD_BYTES = 4096
"""Enough for the second sync byte of every transport stream variant."""

_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp"}
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (b"OggS", "ogg"),
    (b"GIF8", "gif"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
)
_POINTERS: tuple[tuple[bytes, str], ...] = (
    (b"#extm3u", "an HLS playlist"),
    (b"ffconcat", "a concat script"),
    (b"<mpd", "a DASH manifest"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an SVG drawing"),
    (b"v=0", "an SDP description"),
    (b"push graphic-context", "an MVG drawing"),
)
_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"BM", "a BMP picture"),
)
_TS_PACKET = 188
_M2TS_PACKET = 192
_TS_SYNC = 0x47
_MP3_SYNC = 0xFFE0


def sniff(path: Path) -> str:
    """Return the demuxer for a file, one of `limits.DEMUXERS`.

    Raises:
        SourceEmpty: The file has no bytes.
        SourceNotVideo: It is a web page or a picture.
        FormatForbidden: It is a playlist, manifest or script that may point at other files.
        NotMedia: It is nothing we know.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise SourceEmpty(f"{path.name} is empty.", "Send the file again; it may not have arrived.")
    return _demuxer_of(head) or _refuse(head, path.name)


def _demuxer_of(head: bytes) -> str | None:
    by_signature = next((demuxer for mark, demuxer in _SIGNATURES if head.startswith(mark)), None)
    if by_signature:
        return by_signature
    if head[4:8] in _MOV_BOXES:
        return "mov"
    if head[:4] == b"RIFF":
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    return "mpegts" if _is_transport_stream(head) else _sound_of(head)


def _is_transport_stream(head: bytes) -> bool:
    for packet, offset in ((_TS_PACKET, 0), (_M2TS_PACKET, 4)):
        marks = head[offset::packet][:8]
        if len(marks) > 1 and all(mark == _TS_SYNC for mark in marks):
            return True
    return False


def _sound_of(head: bytes) -> str | None:
    """Tell bare AAC and MP3 frames apart by their sync word and layer bits."""
    if head.startswith(b"\xff\xd8\xff"):
        return None
    sync = int.from_bytes(head[:2], "big")
    if sync & 0xFFF6 == 0xFFF0:  # noqa: PLR2004  ADTS: 12 ones, layer 00
        return "aac"
    return "mp3" if sync & _MP3_SYNC == _MP3_SYNC else None


def _refuse(head: bytes, name: str) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()[:256]
    if b"<html" in start or start.startswith(b"<!doctype html"):
        raise SourceNotVideo(f"{name} is a web page, not a video.", "Give the page's own address.")
    for mark, kind in _POINTERS:
        if start.startswith(mark):
            raise FormatForbidden(
                f"{name} is {kind}, which points at other files.", "Send the video file itself."
            )
    for mark, kind in _IMAGES:
        if head.startswith(mark):
            raise SourceNotVideo(f"{name} is {kind}, not a video.", "Send a video file.")
    raise NotMedia(
        f"{name} is not a media file we know.",
        "Send MP4, MOV, MKV, WebM, AVI, FLV, MPEG, ASF or Ogg.",
    )
