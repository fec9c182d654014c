/**
 * The first-boot script of `app: flask-webserver`: installs Flask and runs the tutorial's simple webserver as a service.
 * `/status` answers OK, `/` tells which instance answered. Written for Amazon Linux 2023. The marker line says what runs
 * and where, for whoever reads the user data later (the sandbox does).
 */
export function flaskWebserver(port: number): string {
  return `#!/bin/bash
# albedo-app: flask-webserver port=${port}
set -euo pipefail
dnf install -y python3-pip
python3 -m pip install flask==3.1.3 waitress==3.0.2
install -d /opt/webserver
cat > /opt/webserver/app.py <<'PY'
import urllib.request
from flask import Flask, jsonify

def metadata(path):
    base = "http://169.254.169.254/latest/"
    ask = urllib.request.Request(base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    token = urllib.request.urlopen(ask, timeout=5).read().decode()
    want = urllib.request.Request(base + "meta-data/" + path, headers={"X-aws-ec2-metadata-token": token})
    return urllib.request.urlopen(want, timeout=5).read().decode()

INSTANCE = metadata("instance-id")
ZONE = metadata("placement/availability-zone")
app = Flask(__name__)

@app.after_request
def name_instance(response):
    response.headers["X-Instance"] = INSTANCE
    return response

@app.get("/status")
def status():
    return "OK"

@app.get("/")
def index():
    return jsonify(instance=INSTANCE, zone=ZONE)

if __name__ == "__main__":
    from waitress import serve
    serve(app, host="0.0.0.0", port=${port}, threads=16)
PY
cat > /etc/systemd/system/webserver.service <<'UNIT'
[Unit]
Description=Simple Flask webserver
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/usr/bin/python3 /opt/webserver/app.py
Restart=always
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now webserver.service
`;
}
