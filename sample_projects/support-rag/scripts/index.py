"""Cuts the manuals into passages and stores their vectors."""

from pathlib import Path

import numpy as np

from app.retrieve import encoder

passages = []
for manual in sorted(Path("docs_source").glob("*.md")):
    passages += [part.strip() for part in manual.read_text().split("\n\n") if len(part.split()) > 5]

vectors = encoder().encode(passages, normalize_embeddings=True)
np.savez("index.npz", vectors=vectors, passages=np.array(passages))
print(f"{len(passages)} passages")
