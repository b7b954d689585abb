"""Steps are cached by what they do and on what, and retried only when that may help."""

from blocks.settings import settings
from cutroom.records.blob import Blob
from cutroom.records.errors import MediaCorrupt, SourceUnreachable
from cutroom.storage.local import LocalStore


def test_equal_arguments_of_two_steps_do_not_collide(house):
    """Prefect's own INPUTS would let one step take the other's result."""
    from prefect import flow  # noqa: PLC0415  Prefect's settings are temporary

    from tasks.policies import step  # noqa: PLC0415

    @step("one")
    def one(number: int, bench: object) -> str:
        return f"one {number}"

    @step("two")
    def two(number: int, bench: object) -> str:
        return f"two {number}"

    @flow
    def both() -> list[str]:
        return [one(1, object()), two(1, object()), one(1, object())]

    assert both() == ["one 1", "two 1", "one 1"]


def test_a_raised_version_and_a_changed_input_are_computed_anew(house):
    """The same step and input is remembered, whoever asks and with whichever tools."""
    from prefect import flow  # noqa: PLC0415

    from tasks.policies import step  # noqa: PLC0415

    calls: list[str] = []

    def double(number: int, bench: object) -> int:
        calls.append("called")
        return 2 * number

    @flow
    def run(version: int, number: int) -> int:
        return step("double", version=version)(double)(number, object())

    assert [run(1, 2), run(1, 2), run(1, 3), run(2, 2)] == [4, 4, 6, 4]
    assert len(calls) == 3


def test_only_what_may_heal_is_retried(house, monkeypatch):
    """A network that failed is asked again; a broken file stays broken."""
    from prefect import flow  # noqa: PLC0415

    from tasks import policies  # noqa: PLC0415

    monkeypatch.setattr(policies, "FIRST_RETRY_AFTER", 0)
    tries: dict[str, int] = {"heals": 0, "broken": 0}

    @policies.step("heals")
    def heals(bench: object) -> str:
        tries["heals"] += 1
        if tries["heals"] < 3:
            raise SourceUnreachable("The line dropped.", "Wait.")
        return "there"

    @policies.step("broken")
    def broken(bench: object) -> str:
        tries["broken"] += 1
        raise MediaCorrupt("Noise.", "Fetch it again.")

    @flow
    def run() -> str:
        answer = heals(object())
        broken(object(), return_state=True)
        return answer

    state = run(return_state=True)
    assert state.result(raise_on_failure=False) == "there"
    assert tries == {"heals": 3, "broken": 1}


def test_a_result_whose_file_is_gone_is_made_again(house, tmp_path):
    """Only that step runs again."""
    from prefect import flow  # noqa: PLC0415

    from cutroom.records.blob import vouched_by  # noqa: PLC0415
    from tasks.policies import step  # noqa: PLC0415

    store = LocalStore(tmp_path / "store")
    calls: list[int] = []

    @step("write")
    def write(text: str, bench: object) -> Blob:
        calls.append(1)
        with store.workspace() as folder:
            (folder / "a.txt").write_text(text)
            return store.keep(folder / "a.txt")

    @flow
    def run() -> Blob:
        with vouched_by(store.has):
            return write("hello", object())

    blob = run()
    assert run() == blob
    assert len(calls) == 1
    store.drop(blob)
    assert store.path(run()).read_text() == "hello"
    assert len(calls) == 2


def test_results_may_be_kept_by_a_block_of_the_server(house, bucket, gate, monkeypatch):
    """A team that keeps all of Prefect's results in one place names the block."""
    from prefect import flow  # noqa: PLC0415
    from prefect_aws import AwsCredentials, S3Bucket  # noqa: PLC0415
    from prefect_aws.client_parameters import AwsClientParameters  # noqa: PLC0415

    from tasks.policies import step  # noqa: PLC0415

    keys = AwsCredentials(
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        aws_client_parameters=AwsClientParameters(endpoint_url=gate.endpoint),
    )
    S3Bucket(bucket_name=bucket.name, credentials=keys, bucket_folder="results").save(
        "shared-results", overwrite=True
    )
    monkeypatch.setenv("CUTROOM_RESULT_STORAGE", "s3-bucket/shared-results")
    settings.cache_clear()
    calls: list[int] = []

    @step("kept elsewhere")
    def double(number: int, bench: object) -> int:
        calls.append(number)
        return 2 * number

    @flow
    def run() -> int:
        return double(4, object())

    assert (run(), run(), calls) == (8, 8, [4])
    assert any("/results/" in asked.path for asked in gate.asked if asked.method == "PUT")
