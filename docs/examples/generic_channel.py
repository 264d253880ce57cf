"""A terminal as a channel: python generic_channel.py HUB CHANNEL_ID TOKEN WEBHOOK_SECRET PORT."""

import base64
import hmac
import json
import sys
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

hub, channel, token, secret, port = sys.argv[1:6]
KEY = base64.b64decode(secret.removeprefix("whsec_"))


class Hook(BaseHTTPRequestHandler):
    """What the hub calls."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp = self.headers["webhook-timestamp"]
        signed = f"{self.headers['webhook-id']}.{stamp}.".encode() + body
        mark = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
        given = self.headers["webhook-signature"].split()
        good = any(hmac.compare_digest(mark, one) for one in given) and abs(time.time() - int(stamp)) < 300
        if good:  # the same webhook-id may come again: a real program would look whether it has it already
            data = json.loads(body)["data"]
            print(f"{data['author']['name'] or data['author']['kind']}: {data['text']}", flush=True)
        self.send_response(204 if good else 401)
        self.end_headers()


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", int(port)), Hook).serve_forever, daemon=True).start()
for line in sys.stdin:
    message = {"id": str(uuid.uuid4()), "contact": {"id": "terminal", "name": "Terminal"}, "text": line.strip()}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{hub}/api/v1/channels/{channel}/messages"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(message).encode(), headers))
