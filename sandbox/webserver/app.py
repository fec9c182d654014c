"""The webserver of the load-balancing tutorial: what every target behind the load balancer runs.

    app.py [--host ADDRESS] [--port PORT] [--tls] [--fail-except PATH]

`/status` is the health check. `/` tells which instance answered (`?ms=N` answers N milliseconds later), `/headers`
echoes the request's headers, `/cookie?name=N` sets a session cookie of that name. Every answer names the instance in `X-Instance`. Who it is comes from INSTANCE_ID,
INSTANCE_ZONE and INSTANCE_HOST, or, on EC2, from the instance metadata service.
"""

import argparse
import datetime
import logging
import os
import socket
import ssl
import tempfile
import time
import urllib.error
import urllib.request

from flask import Flask, jsonify, request
from werkzeug.serving import WSGIRequestHandler

METADATA = "http://169.254.169.254/latest"
METADATA_TIMEOUT_SECONDS = 2
LONGEST_DELAY_MS = 30_000


def read_metadata(*paths):
    """What the instance metadata service (version 2: with a session token) says, None off EC2."""
    try:
        session = urllib.request.Request(
            f"{METADATA}/api/token",
            method="PUT",
            headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"},
        )
        with urllib.request.urlopen(session, timeout=METADATA_TIMEOUT_SECONDS) as answer:
            token = answer.read().decode()
        found = []
        for path in paths:
            item = urllib.request.Request(
                f"{METADATA}/meta-data/{path}", headers={"X-aws-ec2-metadata-token": token}
            )
            with urllib.request.urlopen(item, timeout=METADATA_TIMEOUT_SECONDS) as answer:
                found.append(answer.read().decode())
        return found
    except (urllib.error.URLError, OSError):
        return None


def identify():
    """Instance id, host and zone of the machine this runs on."""
    instance, zone = os.environ.get("INSTANCE_ID"), os.environ.get("INSTANCE_ZONE")
    if instance is None:
        instance, zone = read_metadata("instance-id", "placement/availability-zone") or (None, zone)
    host = os.environ.get("INSTANCE_HOST", socket.gethostname())
    return {"instance": instance or host, "host": host, "zone": zone or "unknown"}


def make_app(identity, fail_except=None):
    """The application, answering as `identity`; with 500 to all but one path, where one is given."""
    app = Flask(__name__)

    if fail_except is not None:

        @app.before_request
        def fail():
            return None if request.path == fail_except else ("", 500)

    @app.get("/")
    def who():
        wait_ms = request.args.get("ms", default=0, type=int)
        time.sleep(min(max(wait_ms, 0), LONGEST_DELAY_MS) / 1000)
        return jsonify(identity)

    @app.get("/status")
    def status():
        return "OK", 200, {"Content-Type": "text/plain"}

    @app.get("/cookie")
    def cookie():
        response = jsonify(identity)
        response.set_cookie(request.args.get("name", default="SESSION"), identity["instance"])
        return response

    @app.get("/headers")
    def headers():
        return jsonify(dict(request.headers.items()))

    @app.after_request
    def sign(response):
        response.headers["X-Instance"] = identity["instance"]
        return response

    return app


class TargetHandler(WSGIRequestHandler):
    """Answers in HTTP/1.1. Werkzeug closes the connection after each answer, as it does in the tutorial."""

    protocol_version = "HTTP/1.1"
    # Head and body go out in two writes; with Nagle's algorithm the second waits up to 40 ms for the peer's ACK.
    disable_nagle_algorithm = True

    def log_request(self, code="-", size="-"):
        """Silent: the load balancer keeps the access log, and a line per request costs more than the request."""


class PatientContext(ssl.SSLContext):
    """Leaves the handshake to the thread that serves the connection: in the one that accepts, a client that stalls holds up all."""

    def wrap_socket(self, sock, **options):
        return super().wrap_socket(sock, **{**options, "do_handshake_on_connect": False})


def self_signed(name):
    """A TLS context with a certificate made now; load balancers do not verify those of targets."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    context = PatientContext(ssl.PROTOCOL_TLS_SERVER)
    # Python takes certificates from files only; this one is gone as soon as it was read.
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def main():
    parser = argparse.ArgumentParser(description="The tutorial's webserver.")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--fail-except")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    identity = identify()
    make_app(identity, options.fail_except).run(
        host=options.host,
        port=options.port,
        threaded=True,
        request_handler=TargetHandler,
        ssl_context=self_signed(identity["host"]) if options.tls else None,
    )


if __name__ == "__main__":
    main()
