import time

import requests


def fetch(url: str) -> str:
    while True:
        try:
            return requests.get(url, timeout=3).text
        except requests.ConnectionError:
            time.sleep(1)
