"""The load of the first course, with locust: many users who ask for the page of the webserver.

In the sandbox the name of the load balancer is not in DNS. ALBEDO_HOSTS_FILE (`albedo sandbox up` prints it) says where it listens, so no
`--host` is needed there. For a load balancer in AWS: `locust --host http://NAME`.
"""

import json
import os

from locust import HttpUser, constant, events, task


def sandbox_host():
    """`http://address:port` of the first load balancer on port 80, None outside of the sandbox."""
    path = os.environ.get("ALBEDO_HOSTS_FILE")
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        hosts = json.load(file)
    found = sorted(address for name, address in hosts.items() if name.endswith(":80"))
    return f"http://{found[0]}" if found else None


class Visitor(HttpUser):
    """Asks ten times a second, as the load test of albedo does with five users."""

    host = sandbox_host()
    wait_time = constant(0.1)

    @task
    def visit(self):
        with self.client.get("/", catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
            instances.add(answer.headers.get("X-Instance", "unknown"))


instances = set()


@events.quitting.add_listener
def show_instances(environment, **_):
    """Who answered: during a test with one instance off, the other one has to be there."""
    print(f"Answered by: {', '.join(sorted(instances)) or 'nobody'}")
