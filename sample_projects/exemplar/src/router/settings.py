"""Everything that differs between environments. Values come from ROUTER_… variables; defaults suit a laptop."""

from pathlib import Path

from pydantic import AnyHttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Configuration of training and serving."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_", env_file=".env", extra="ignore")

    data: Path = Path("data/tickets.csv")
    manifest: Path = Path("data/manifest.json")
    model_dir: Path = Path("model")
    evaluation: Path = Path("reports/evaluation.json")
    assurance: Path = Path("reports/assurance.json")
    seed: int = 20261101
    minimum_macro_f1: float = 0.8
    minimum_slice_f1: float = 0.75
    maximum_psi: float = 0.2
    prometheus_url: AnyHttpUrl = AnyHttpUrl("http://localhost:9090")
    api_keys: SecretStr = SecretStr("")
    requests_per_minute: int = 120
    switch: Path = Path("switches/router")
    helpdesk_url: AnyHttpUrl = AnyHttpUrl("http://localhost:9000")
    helpdesk_timeout_s: float = 2.0
    tracking_uri: str = "sqlite:///mlruns.db"


def load() -> Settings:
    """Read the settings once, at start."""
    return Settings()
