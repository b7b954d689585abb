"""HDR pictures made viewable on ordinary screens, for the few frames that we decode ourselves."""

from typing import Literal

import numpy as np
import numpy.typing as npt

_WHITE_NITS = 100.0
"""Brightness of SDR white, as for `filters.to_sdr`."""
_HLG_PEAK_NITS = 1000.0
"""The display that HLG is graded for (ITU-R BT.2100)."""
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
"""Linear BT.2020 to BT.709 primaries (ITU-R BT.2087)."""


def to_sdr_picture(
    picture: npt.NDArray[np.uint8], hdr: Literal["pq", "hlg"]
) -> npt.NDArray[np.uint8]:
    """Tone-map one small RGB picture with Hable's curve.

    Args:
        picture: As decoded, shape (height, width, 3).
        hdr: Its transfer function.

    Returns:
        The same shape, for BT.709 screens.
    """
    signal = picture / 255.0
    light = _from_pq(signal) if hdr == "pq" else _from_hlg(signal)
    light = np.clip(light / _WHITE_NITS @ _TO_BT709.T, 0, None)
    peak = max(1.0, float(light.max()))
    curve = _hable(light) / _hable(np.array(peak))
    # BT.709's own curve differs from a plain power of 1/2.2 by less than the eye sees here.
    return np.asarray(np.round(np.clip(curve, 0, 1) ** (1 / 2.2) * 255), dtype=np.uint8)


def _from_pq(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return nits for a PQ signal (SMPTE ST 2084)."""
    root = signal ** (32 / 2523)
    low, high = np.clip(root - 3424 / 4096, 0, None), 2413 / 128 - 2392 / 128 * root
    return np.asarray(10_000 * (low / high) ** (16384 / 2610))


def _from_hlg(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return nits for an HLG signal on its reference display (ITU-R BT.2100, gamma 1.2)."""
    dark, bright = signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return np.asarray(_HLG_PEAK_NITS * np.where(signal <= 0.5, dark, bright) ** 1.2)  # noqa: PLR2004


def _hable(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Apply the filmic curve of John Hable's Uncharted 2 talk (GDC 2010)."""
    a, b, c, d, e, f = 0.15, 0.5, 0.1, 0.2, 0.02, 0.3
    return np.asarray(
        (light * (a * light + c * b) + d * e) / (light * (a * light + b) + d * f) - e / f
    )
