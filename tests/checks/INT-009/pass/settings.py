from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    orders: str = "http://localhost:8001"
