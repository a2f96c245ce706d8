ORDERS = "http://localhost:8001"
PARTS = "http://10.0.3.7:9000/parts"
