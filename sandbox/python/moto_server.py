"""Serves moto on a free loopback port and prints that port as the first line of standard output.

Started by sandbox/upstream.ts. It differs from the `moto_server` command in four ways that matter here: the port is
chosen by the kernel, so that two sandboxes never race for one; the backends the sandbox needs are loaded before the
line is printed, so that "ready" means ready; the access log is off; and a reset forgets (moto 5.2 keeps the backends
of before, 4 MB a reset, in the caches of two methods).
"""

import logging
import sys

from moto.core.base_backend import AccountSpecificBackend
from moto.core.model_instances import model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def forget() -> None:
    """Drops what a cache of moto's holds on to: the backends of before, with everything in them."""
    AccountSpecificBackend._generate_regions.cache_clear()
    for model in model_data["ec2"].values():
        for member in vars(model).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()


class Forgetful:
    """The application, which tidies up after each reset."""

    def __init__(self, app) -> None:
        self.app = app

    def __call__(self, environ, start_response):
        answer = self.app(environ, start_response)
        if environ.get("PATH_INFO") == "/moto-api/reset":
            forget()
        return answer


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = DomainDispatcherApplication(create_backend_app)
    for service in ("ec2", "iam", "sts", "ssm"):
        # moto picks the backend by the credential scope of the signature, and imports it the first time it is asked for.
        scope = f"AWS4-HMAC-SHA256 Credential=sandbox/20200101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        app.get_application({"PATH_INFO": "/", "HTTP_AUTHORIZATION": scope})
    server = make_server("127.0.0.1", 0, Forgetful(app), threaded=True, request_handler=MotoRequestHandler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
