"""The films that `python -m benchmarks scenes` makes for itself."""

from itertools import pairwise

import av
import numpy as np

from benchmarks.footage import Recipe, make_film


def test_changes_are_where_the_film_says(tmp_path):
    """At each cut the picture jumps; gradual changes take their time."""
    recipe = Recipe("small", 5, "shapes", (96, 54), 25, 6, 0.4)

    boundaries = make_film(recipe, tmp_path / "film.mp4")

    with av.open(str(tmp_path / "film.mp4")) as film:
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in film.decode(video=0)]
    jumps = [0.0, *(float(np.abs(one - two).mean()) for one, two in pairwise(pictures))]
    cuts = {one.start for one in boundaries if one.kind == "cut"}
    assert len(boundaries) == 5
    assert 0 < len(cuts) < 5
    assert all(one.end <= two.start for one, two in pairwise(boundaries))
    assert all(jumps[cut] > 5 * np.median(jumps) for cut in cuts)
