SERVICES = [
    "http://localhost:8001",
    "http://localhost:8002",
    "http://localhost:8003",
]
