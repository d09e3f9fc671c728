"""A tenant that gives its export, over TLS, on a port that the system picks: a job that is done at once, and its file,
in the parts that are asked for."""
import json
import os
import re
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
JOB = "/api/v2/jobs/job_made_up"
FILE = "/exports/users.json.gz"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def tell_job(self):
        location = "https://%s%s" % (self.server.domain, FILE)
        self.answer(200, json.dumps({"id": "job_made_up", "type": "users_export", "status": "completed",
                                     "percentage_done": 100, "location": location}).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.tell_job()

    def do_GET(self):
        if self.path == JOB:
            self.tell_job()
            return
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        size = os.path.getsize(self.server.file)
        with open(self.server.file, "rb") as file:
            file.seek(first)
            part = file.read(min(last + 1, size) - first)
        self.answer(206, part, "application/gzip", ETag='"1"',
                    Content_Range="bytes %d-%d/%d" % (first, first + len(part) - 1, size))

    def log_message(self, *_):
        pass


class ExportServer(ThreadingHTTPServer):
    """Serves the gzip of an export, until it is closed."""
    daemon_threads = True

    def __init__(self, folder, file):
        super().__init__(("127.0.0.1", 0), Handler)
        certificates = os.path.join(folder, "certificates")
        os.mkdir(certificates)
        subprocess.run([os.path.join(HERE, "..", "tenant", "certificates"), certificates], check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(certificates, "server.pem"), os.path.join(certificates, "server.key"))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.file, self.domain = file, "tenant.test:%d" % self.server_port
        self.options = ["--ca-file", os.path.join(certificates, "ca.pem"), "--resolve", self.domain + ":127.0.0.1"]
        threading.Thread(target=self.serve_forever, daemon=True).start()
