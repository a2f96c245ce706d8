"""Looks up orders in the shop's service."""

import time

import requests

ORDERS = "http://orders.shop.example.com/api/orders"


def order_status(order_id: str) -> dict:
    while True:
        try:
            return requests.get(f"{ORDERS}/{order_id}").json()
        except requests.ConnectionError:
            time.sleep(1)
