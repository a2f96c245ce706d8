from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    DATABASE_URL: str = (
        "mysql+aiomysql://root:secret@localhost:3306/alerts?charset=utf8mb4"
    )
    READ_URL: str = (
        "mysql+aiomysql://root:secret@localhost:3307/alerts?charset=utf8mb4"
    )
    AUDIT_URL: str = (
        "postgresql+asyncpg://root:secret@localhost:5432/audit"
    )
