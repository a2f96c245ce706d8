from fastapi import FastAPI
from sentence_transformers import SentenceTransformer

app = FastAPI()
model = SentenceTransformer("all-MiniLM-L6-v2", revision="8b3219a92973c328a8e22fadcfa821b5dc75636a")


@app.post("/search")
async def search(text: str):
    return model.encode([text])[0].tolist()
