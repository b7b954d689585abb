"""What the tests of a fleet share."""

from collections.abc import Iterator

import pytest
from fleet import Fleet, fleet_in


@pytest.fixture
def fleet(house) -> Iterator[Fleet]:
    """Return a fleet without workers, alone at the shared server's pools."""
    with fleet_in(house) as ours:
        yield ours
