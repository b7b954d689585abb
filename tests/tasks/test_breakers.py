"""A service that fails again and again is left alone, and its jobs wait."""

import pytest

from cutroom.catalog import breakers, tables
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.errors import JobCancelled, ServiceResting, SourceGone, SourceUnreachable
from tasks.breakers import guarded, host_of

HOST = "the host example.org"


@pytest.fixture
def catalog(tmp_path) -> Catalog:
    """A catalog of its own."""
    return open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}")


def fail(catalog, error=SourceUnreachable, times=1):
    """Use the host, in vain."""
    for _ in range(times):
        with pytest.raises(error), guarded(catalog, HOST):
            raise error("It did not work.", "Try again.")


def let_it_rest(catalog):
    """Let the rest be over."""
    with catalog.writing() as session:
        row = session.get_one(tables.Breaker, HOST)
        row.resting_until -= breakers.REST


def test_the_fifth_failure_in_a_row_gives_the_service_a_rest(catalog):
    """Nobody asks it then, and everybody knows for how long."""
    fail(catalog, times=5)

    with pytest.raises(ServiceResting) as caught, guarded(catalog, HOST):
        pytest.fail("it was asked")
    assert 0 < caught.value.retry_after <= breakers.REST.total_seconds()
    with guarded(catalog, "the host example.com"):
        pass  # others are not meant


@pytest.mark.parametrize("how", ["it works", "it says no"])
def test_a_good_answer_makes_up_for_the_bad_ones(catalog, how):
    """Also one that says no: the service is there."""
    fail(catalog, times=4)
    if how == "it works":
        with guarded(catalog, HOST):
            pass
    else:
        fail(catalog, SourceGone)
    fail(catalog, times=4)

    with guarded(catalog, HOST):
        pass


def test_a_job_that_is_called_off_says_nothing_about_the_service(catalog):
    """It neither counts as a failure nor makes up for one."""
    fail(catalog, times=4)
    fail(catalog, JobCancelled, times=3)
    fail(catalog)

    with pytest.raises(ServiceResting), guarded(catalog, HOST):
        pytest.fail("it was asked")


def test_after_its_rest_one_caller_tries(catalog):
    """The others wait on; if it goes well, all may come again."""
    fail(catalog, times=5)
    let_it_rest(catalog)

    with guarded(catalog, HOST), pytest.raises(ServiceResting), guarded(catalog, HOST):
        pytest.fail("two at once")
    with guarded(catalog, HOST):
        pass


def test_a_service_that_fails_again_rests_again(catalog):
    """One failure is enough now."""
    fail(catalog, times=5)
    let_it_rest(catalog)
    fail(catalog)

    with pytest.raises(ServiceResting), guarded(catalog, HOST):
        pytest.fail("it was asked")


def test_a_service_is_named_without_secrets():
    """The name is in the catalog, in errors and in logs."""
    assert host_of("https://ann:secret@Example.org:8443/a?token=x") == HOST
