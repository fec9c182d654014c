"""Serves moto on a free loopback port and prints that port as the first line of standard output.

Started by sandbox/upstream.ts. It differs from the `moto_server` command in three ways that matter here: the port is
chosen by the kernel, so that two sandboxes never race for one; the backends the sandbox needs are loaded before the
line is printed, so that "ready" means ready; and the access log is off.
"""

import logging
import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = DomainDispatcherApplication(create_backend_app)
    for service in ("ec2", "iam", "sts", "ssm"):
        # moto picks the backend by the credential scope of the signature, and imports it the first time it is asked for.
        scope = f"AWS4-HMAC-SHA256 Credential=sandbox/20200101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        app.get_application({"PATH_INFO": "/", "HTTP_AUTHORIZATION": scope})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
