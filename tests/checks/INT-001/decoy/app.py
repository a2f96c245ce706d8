from flask import Flask, request

app = Flask(__name__)


@app.route("/price", methods=["POST"])
def price():
    return str(request.get_json()["rooms"] * 1000)
