import numpy as np

from app import retrieve


class Encoder:
    def encode(self, texts, normalize_embeddings):
        return np.array([[1.0, 0.0]])


def test_nearest_passage_comes_first(monkeypatch):
    monkeypatch.setattr(retrieve, "encoder", lambda: Encoder())
    monkeypatch.setattr(retrieve, "index", lambda: (np.array([[0.1, 0.9], [0.9, 0.1]]), ["descale", "clean"]))
    assert retrieve.search("how do I clean it?", top=1) == ["clean"]
