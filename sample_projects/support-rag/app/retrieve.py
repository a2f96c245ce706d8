"""Finds the passages of the manuals that are nearest to a question."""

from functools import lru_cache

import numpy as np
from sentence_transformers import SentenceTransformer


@lru_cache(maxsize=1)
def encoder() -> SentenceTransformer:
    return SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")


@lru_cache(maxsize=1)
def index() -> tuple[np.ndarray, list[str]]:
    stored = np.load("index.npz")
    return stored["vectors"], [str(passage) for passage in stored["passages"]]


def search(question: str, top: int = 4) -> list[str]:
    vectors, passages = index()
    query = encoder().encode([question], normalize_embeddings=True)[0]
    nearest = np.argsort(vectors @ query)[::-1][:top]
    return [passages[i] for i in nearest]
