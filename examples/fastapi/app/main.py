"""An API as small as a real one can be: it says which version answers, keeps orders, and has a health check."""

from __future__ import annotations

import os
from itertools import count

from fastapi import FastAPI
from pydantic import BaseModel

VERSION = os.environ.get("VERSION", "dev")

app = FastAPI(title="myexample", version=VERSION)
_numbers = count(1)


class Order(BaseModel):
    """What a customer sends."""

    item: str
    amount: int = 1


@app.get("/")
async def root() -> dict[str, str]:
    """Say hello, and which version says it."""
    return {"message": "Hello from FastAPI", "version": VERSION}


@app.post("/orders", status_code=201)
async def order(order: Order) -> dict[str, str | int]:
    """Take an order and number it."""
    return {"number": next(_numbers), "item": order.item, "amount": order.amount, "version": VERSION}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """What `health-path` asks: say so when a user's request could be answered."""
    return {"status": "ok"}
