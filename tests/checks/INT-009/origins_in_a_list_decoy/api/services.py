ALLOWED_ORIGINS = [
    "http://localhost:3000",
    "http://localhost:5173",
]

SERVICES = [
    "http://localhost:8001",
    "http://localhost:8002",
    "http://localhost:8003",
]
