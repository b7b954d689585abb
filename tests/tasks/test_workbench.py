"""Long steps show how far they are, in Prefect as well."""

import threading

import prefect_api
from house import House


def test_a_long_step_has_a_bar_in_prefect(house: House, monkeypatch):
    """The bar belongs to the run, though the news comes from another thread."""
    from contextvars import copy_context  # noqa: PLC0415

    from prefect import flow  # noqa: PLC0415  Prefect's settings are temporary

    from tasks import workbench  # noqa: PLC0415

    monkeypatch.setattr(workbench, "FIRST_ARTIFACT_AFTER", 0.0)
    monkeypatch.setattr(workbench, "ARTIFACT_EVERY", 0.0)

    @flow
    def run() -> None:
        bar, context = workbench.ProgressArtifact("proxy-test", "proxy"), copy_context()

        def tell() -> None:
            context.run(bar.tell, 0.25)
            context.run(bar.tell, 0.75)

        thread = threading.Thread(target=tell)
        thread.start()
        thread.join()

    run()

    query = {"artifacts": {"key": {"any_": ["proxy-test"]}}}
    (artifact,) = prefect_api.post(f"{house.api}/artifacts/filter", json=query).json()
    assert artifact["type"] == "progress"
    assert float(artifact["data"]) == 75.0
    assert artifact["flow_run_id"] is not None
