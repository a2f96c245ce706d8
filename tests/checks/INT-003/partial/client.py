import httpx
from tenacity import retry, stop_after_attempt, wait_exponential


@retry(stop=stop_after_attempt(3))
def fetch(url: str) -> str:
    return httpx.get(url).text
