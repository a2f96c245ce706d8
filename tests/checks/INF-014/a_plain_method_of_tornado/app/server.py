import requests
import tornado.web


class Ask(tornado.web.RequestHandler):
    def post(self):
        reply = requests.post("http://models:8000/generate", json={"text": self.get_argument("text")}, timeout=60)
        self.write(reply.json())


app = tornado.web.Application([(r"/ask", Ask)])
