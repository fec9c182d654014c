"""Serves moto on a free loopback port and prints that port as the first line of standard output.

Started by sandbox/upstream.ts. It differs from the `moto_server` command in five ways that matter here: the port is
chosen by the kernel, so that two sandboxes never race for one; the backends the sandbox needs are loaded before the
line is printed, so that "ready" means ready; the access log is off; and a reset forgets (moto 5.2 keeps the backends
of before, 4 MB a reset, in the caches of two methods). And what it holds can be kept and put back under a name.
"""

import logging
import pickle
import sys
from urllib.parse import parse_qs

from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend
from moto.core.model_instances import model_data, reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def forget() -> None:
    """Drops what moto holds on to: two caches the backends of before, and its dashboard every object ever made or put back."""
    reset_model_data()
    AccountSpecificBackend._generate_regions.cache_clear()
    for model in model_data["ec2"].values():
        for member in vars(model).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()


kept: dict[str, bytes] = {}


def backends(service: str):
    """The backends of a service that are in use, by account and region (IAM has one a partition)."""
    for account, regions in get_backend(service).items():
        for region in list(regions):
            yield account, region, regions[region]


def parameters(backend):
    """The parameters of SSM and their tags, as plain dictionaries: its backend holds functions that cannot be copied."""
    tags = {kind: {id: dict(values) for id, values in of.items()} for kind, of in backend._resource_tags.items()}
    return dict(backend._parameters), tags


def keep(name: str) -> None:
    """Keeps EC2, IAM and the parameters of SSM."""
    state = {
        "ec2": {(account, region): backend for account, region, backend in backends("ec2")},
        "iam": {(account, region): backend for account, region, backend in backends("iam")},
        "ssm": {(account, region): parameters(backend) for account, region, backend in backends("ssm")},
    }
    kept[name] = pickle.dumps(state)


def put_back(name: str) -> None:
    state = pickle.loads(kept[name])
    for service in ("ec2", "iam"):
        known = get_backend(service)
        for account, region, _ in list(backends(service)):
            if (account, region) not in state[service]:
                dict.__delitem__(known[account], region)
        for (account, region), backend in state[service].items():
            known[account][region] = backend
    for account, region, backend in backends("ssm"):
        held, tags = state["ssm"].get((account, region), ({}, {}))
        # AWS's own are read in once, when they are first asked for.
        for key in [key for key in backend._parameters if key not in held and not key.startswith("/aws/")]:
            del backend._parameters[key]
        backend._parameters.update(held)
        backend._resource_tags.clear()
        for kind, of in tags.items():
            for id, values in of.items():
                backend._resource_tags[kind][id].update(values)
    forget()


class Forgetful:
    """The application, which tidies up after each reset, and keeps and puts back what it holds (`?name=`)."""

    def __init__(self, app) -> None:
        self.app = app

    def __call__(self, environ, start_response):
        work = {"/moto-api/keep": keep, "/moto-api/put-back": put_back}.get(environ.get("PATH_INFO", ""))
        if work is not None:
            name = parse_qs(environ.get("QUERY_STRING", ""))["name"][0]
            try:
                work(name)
            except Exception as error:  # noqa: BLE001: whatever it is, the caller is told.
                start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
                return [repr(error).encode()]
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"done"]
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
