import requests

for page in range(3):
    requests.get(f"https://orders.example.com/?page={page}", timeout=10)
requests.post("https://hooks.example.com/done")
