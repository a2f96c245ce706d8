# timeout=5 everywhere, see the guidelines
import requests
from flask import Flask

timeout = 5
app = Flask(__name__)


@app.route("/")
def index():
    return requests.get("https://crm.example.com").text
