import httpx
from tenacity import retry, stop_after_attempt, wait_exponential


@retry
def fetch(url: str) -> str:
    return httpx.get(url).text
