from fastapi import FastAPI
from pydantic import BaseModel

from app.answers import AnswerService

app = FastAPI()
service = AnswerService()


class Question(BaseModel):
    text: str


@app.post("/ask")
def ask(question: Question):
    return {"answer": service.answer(question.text)}
