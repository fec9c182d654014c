"""Builds, reads, uses and deletes the tutorial's stack with boto3, as any AWS user would.

    eval "$(npx albedo sandbox up …)"; python test/contract/boto3_tutorial.py

Knows nothing of albedo or its sandbox but two things: the endpoint comes from AWS_ENDPOINT_URL, and ALBEDO_HOSTS_FILE
maps the load balancer's name to the loopback address it answers on. Prints OK at the end; any difference is an
exception. Needs boto3 and cryptography, which come with moto.
"""

import collections
import datetime
import http.client
import json
import os
import ssl
import sys
import time

import boto3
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NAME = f"boto3-{os.getpid()}"
AMI_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
USER_DATA = """#!/bin/bash
# albedo-app: flask-webserver port=8080
python3 -m flask --app webserver run --host 0.0.0.0 --port 8080
"""

ec2 = boto3.client("ec2")
elb = boto3.client("elbv2")
iam = boto3.client("iam")
ssm = boto3.client("ssm")
sts = boto3.client("sts")


def tags(kind):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": NAME}]}]


def until(what, check, seconds=60, every=0.25):
    """Waits for a condition, for what botocore has no waiter."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"gave up after {seconds} s waiting for {what}")
        time.sleep(every)


def retried(call, code, seconds=60):
    """Repeats a call while AWS refuses it with `code`; answers how often it was refused too."""
    refusals = 0
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call(), refusals
        except ClientError as error:
            if error.response["Error"]["Code"] != code or time.monotonic() > deadline:
                raise
            refusals += 1
            time.sleep(0.25)


def refused(code, call):
    """The call must be refused with this code."""
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, f"expected {code}, got {error}"
        return error.response["Error"]["Message"]
    raise AssertionError(f"expected to be refused with {code}, but was not")


def self_signed():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "webserver.example")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return certificate, certificate.public_bytes(pem).decode(), private.decode()


def network():
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table"))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = []
    for zone, block in (("us-east-1a", "10.0.1.0/24"), ("us-east-1b", "10.0.2.0/24")):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone, TagSpecifications=tags("subnet"))["Subnet"]["SubnetId"]
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        subnets.append(subnet)
    return vpc, gateway, table, subnets


def groups(vpc):
    front = ec2.create_security_group(GroupName=f"{NAME}-lb", Description="load balancer", VpcId=vpc)["GroupId"]
    back = ec2.create_security_group(GroupName=f"{NAME}-web", Description="targets", VpcId=vpc)["GroupId"]
    world = [{"CidrIp": "0.0.0.0/0"}]
    ec2.authorize_security_group_ingress(
        GroupId=front,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": world} for port in (80, 443)],
    )
    ec2.authorize_security_group_ingress(
        GroupId=back,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": front}]}],
    )
    return front, back


def launch(subnets, group):
    image = ssm.get_parameter(Name=AMI_PARAMETER)["Parameter"]["Value"]
    ids = []
    for index, subnet in enumerate(subnets):
        launched = ec2.run_instances(
            ImageId=image,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            SecurityGroupIds=[group],
            UserData=USER_DATA,
            ClientToken=f"{NAME}-{index}",
            TagSpecifications=tags("instance"),
        )["Instances"][0]
        assert launched["State"]["Name"] == "pending"
        ids.append(launched["InstanceId"])
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
    return ids


class Client:
    """HTTP to the load balancer by its name, resolved through the hosts file."""

    def __init__(self, dns_name, port):
        address = None
        # A name resolves a moment after its load balancer is active, as at AWS; on a busy machine a longer one.
        for _ in range(300):
            with open(os.environ["ALBEDO_HOSTS_FILE"], encoding="utf-8") as file:
                address = json.load(file).get(f"{dns_name}:{port}")
            if address is not None:
                break
            time.sleep(0.2)
        assert address is not None, f"{dns_name}:{port} is not served"
        host, self.port = address.rsplit(":", 1)
        self.host = host
        self.name = dns_name
        self.secure = port == 443

    def get(self, path="/", cookie=None):
        if self.secure:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connection = http.client.HTTPSConnection(self.host, int(self.port), timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(self.host, int(self.port), timeout=10)
        headers = {"Host": self.name, **({"Cookie": cookie} if cookie else {})}
        connection.request("GET", path, headers=headers)
        served = connection.sock.getpeercert(binary_form=True) if self.secure else None
        response = connection.getresponse()
        body = response.read().decode()
        cookies = [value.split(";")[0] for key, value in response.getheaders() if key.lower() == "set-cookie"]
        connection.close()
        return response.status, body, cookies, served


def which(body, instances):
    """The instance that answered: the page names it."""
    named = [one for one in instances if one in body]
    assert len(named) == 1, f"the page names {named or 'no instance'}: {body[:200]}"
    return named[0]


def main():
    assert sts.get_caller_identity()["Account"]
    vpc, gateway, table, subnets = network()
    front, back = groups(vpc)
    instances = launch(subnets, back)
    certificate, body, private = self_signed()
    certificate_arn = iam.upload_server_certificate(
        ServerCertificateName=NAME, CertificateBody=body, PrivateKey=private, Tags=[{"Key": "Name", "Value": NAME}]
    )["ServerCertificateMetadata"]["Arn"]
    refused("EntityAlreadyExists", lambda: iam.upload_server_certificate(ServerCertificateName=NAME, CertificateBody=body, PrivateKey=private))

    group = elb.create_target_group(
        Name=NAME,
        Protocol="HTTP",
        ProtocolVersion="HTTP1",
        Port=8080,
        VpcId=vpc,
        TargetType="instance",
        HealthCheckPath="/status",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        Matcher={"HttpCode": "200"},
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": one, "Port": 8080} for one in instances])
    balancer = elb.create_load_balancer(
        Name=NAME, Type="application", Scheme="internet-facing", IpAddressType="ipv4", Subnets=subnets, SecurityGroups=[front]
    )["LoadBalancers"][0]
    arn, dns_name = balancer["LoadBalancerArn"], balancer["DNSName"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    http_listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)["Listeners"][0]["ListenerArn"]
    https, _ = retried(
        lambda: elb.create_listener(
            LoadBalancerArn=arn, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": certificate_arn}], DefaultActions=forward
        ),
        "CertificateNotFound",
    )
    https_listener = https["Listeners"][0]["ListenerArn"]
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})
    elb.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig={"Delay": 1})

    assert len(elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]) == 2
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [f"ELB app/{NAME}/*"]}])["NetworkInterfaces"]
    assert len(interfaces) == 2 and all(one["RequesterId"] == "amazon-elb" for one in interfaces), interfaces

    plain, secure = Client(dns_name, 80), Client(dns_name, 443)
    status, text, _, _ = plain.get("/status")
    assert (status, text.strip()) == (200, "OK"), (status, text)
    spread = collections.Counter(which(plain.get()[1], instances) for _ in range(20))
    assert set(spread) == set(instances), f"without stickiness every instance answers: {spread}"
    status, _, _, served = secure.get()
    assert status == 200
    assert served == certificate.public_bytes(serialization.Encoding.DER), "HTTPS serves another certificate than the uploaded one"

    elb.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[
            {"Key": "stickiness.enabled", "Value": "true"},
            {"Key": "stickiness.type", "Value": "lb_cookie"},
            {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "86400"},
        ],
    )

    def cookie():
        _, text, cookies, _ = plain.get()
        chosen = [one for one in cookies if one.startswith("AWSALB=")]
        return (which(text, instances), chosen[0]) if chosen else None

    home, sticky = until("a stickiness cookie", cookie)
    stayed = {which(plain.get(cookie=sticky)[1], instances) for _ in range(10)}
    assert stayed == {home}, f"the cookie of {home} led to {stayed}"

    # Everything that depends on something else refuses to go before it.
    refused("ResourceInUse", lambda: elb.delete_target_group(TargetGroupArn=group))
    refused("DeleteConflict", lambda: iam.delete_server_certificate(ServerCertificateName=NAME))
    refused("DependencyViolation", lambda: ec2.delete_security_group(GroupId=front))
    refused("DependencyViolation", lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc))
    refused("DependencyViolation", lambda: ec2.delete_subnet(SubnetId=subnets[0]))
    refused("DependencyViolation", lambda: ec2.delete_vpc(VpcId=vpc))

    elb.delete_listener(ListenerArn=https_listener)
    elb.delete_listener(ListenerArn=http_listener)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})
    elb.delete_target_group(TargetGroupArn=group)
    _, conflicts = retried(lambda: iam.delete_server_certificate(ServerCertificateName=NAME), "DeleteConflict")
    ec2.terminate_instances(InstanceIds=instances)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=instances, WaiterConfig={"Delay": 1})
    until(
        "the load balancer's interfaces to go",
        lambda: not ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-owner-id", "Values": ["amazon-elb"]}, {"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"],
    )
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=table)
    refused("DependencyViolation", lambda: ec2.delete_security_group(GroupId=front))
    ec2.delete_security_group(GroupId=back)
    ec2.delete_security_group(GroupId=front)
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [NAME]}])["Vpcs"] == []
    print(f"spread {dict(spread)}, delete conflicts {conflicts}", file=sys.stderr)
    print("OK")


if __name__ == "__main__":
    main()
