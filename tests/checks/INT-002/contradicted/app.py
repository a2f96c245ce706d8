import requests as rq
from fastapi import FastAPI

app = FastAPI()
fetch = rq.get


@app.get("/customer/{number}")
def customer(number: str):
    return fetch(f"https://crm.example.com/{number}").json()
