from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from router.settings import Settings
from router.train import train

ROOT = Path(__file__).parents[1]
KEY = "test-key-of-the-suite"


@pytest.fixture(scope="session")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("router")
    return Settings(
        data=ROOT / "data/tickets.csv",
        manifest=ROOT / "data/manifest.json",
        model_dir=folder / "model",
        evaluation=folder / "evaluation.json",
        tracking_uri=f"sqlite:///{folder}/runs.db",
        api_keys=KEY,
    )


@pytest.fixture(scope="session")
def version(settings) -> str:
    return train(settings)


@pytest.fixture
def client(settings, version, monkeypatch):
    from router import serve

    monkeypatch.setattr(serve, "load", lambda: settings)
    with TestClient(serve.app) as test_client:
        yield test_client
