from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class House(BaseModel):
    rooms: int


@app.post("/v1/price")
def price(house: House) -> float:
    return house.rooms * 1000.0
