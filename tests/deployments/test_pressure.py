"""A host that is full takes no new job."""

import psutil
import pytest

from blocks.settings import Settings
from deployments.pressure import free_scratch, memory_in_use, why_wait


@pytest.fixture
def container(tmp_path):
    """Return a folder as a container sees it: 1000 bytes allowed, 900 held, 300 of them cache."""
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 600\ninactive_file 300\n")
    return tmp_path


def test_a_container_is_measured_by_its_own_limit(container):
    """What the kernel can drop at once does not count as used."""
    assert memory_in_use(container) == 60


@pytest.mark.parametrize("limit", ["max\n", None])
def test_without_a_limit_the_machine_counts(container, limit):
    """A container without limit, and no container at all."""
    (container / "memory.max").unlink()
    if limit:
        (container / "memory.max").write_text(limit)

    assert memory_in_use(container) == pytest.approx(psutil.virtual_memory().percent, abs=25)


def test_memory_above_the_limit_holds_a_worker_back(container):
    """It says how much, and how much would do."""
    chosen = Settings(memory_limit=59, scratch_floor=0, home=container)

    assert why_wait(chosen, container) == "memory is 60 % in use, the limit is 59 %"
    assert why_wait(chosen.model_copy(update={"memory_limit": 60}), container) is None


def test_scratch_below_the_floor_holds_a_worker_back(container):
    """The data folder's file system counts, also before the folder is made."""
    floor = free_scratch(container) * 2
    chosen = Settings(memory_limit=100, scratch_floor=floor, home=container / "not" / "yet")

    assert "of scratch are free, the floor is" in why_wait(chosen, container)
