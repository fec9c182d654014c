"""boto3's waiters and paginators on the sandbox: everything that waits ends, every list comes whole over small pages."""

import boto3

ec2, elb, ssm = (boto3.client(name) for name in ("ec2", "elbv2", "ssm"))


def wait(client, name, **params):
    client.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 60}, **params)


def count(client, name, key, wanted, **params):
    found = sum(len(page[key]) for page in client.get_paginator(name).paginate(**params))
    assert found == wanted, f"{name} answered {found} of {wanted} {key}"


vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
assert vpc["State"] == "pending"
vpc = vpc["VpcId"]
wait(ec2, "vpc_exists", VpcIds=[vpc])
wait(ec2, "vpc_available", VpcIds=[vpc])
gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
wait(ec2, "internet_gateway_exists", InternetGatewayIds=[gateway])
ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
    for number, zone in enumerate("abc")
]
wait(ec2, "subnet_available", SubnetIds=subnets)
group = ec2.create_security_group(GroupName="front", Description="front", VpcId=vpc)["GroupId"]
wait(ec2, "security_group_exists", GroupIds=[group])
image = ec2.describe_images()["Images"][0]["ImageId"]
run = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2, SubnetId=subnets[0])
instances = [instance["InstanceId"] for instance in run["Instances"]]
for name in ("instance_exists", "instance_running", "instance_status_ok"):
    wait(ec2, name, InstanceIds=instances)

balancers = [elb.create_load_balancer(Name=f"balancer-{n}", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"] for n in range(7)]
wait(elb, "load_balancer_exists", LoadBalancerArns=balancers)
wait(elb, "load_balancer_available", LoadBalancerArns=balancers)
targets = [
    elb.create_target_group(Name=f"group-{n}", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"] for n in range(7)
]
forward = [{"Type": "forward", "TargetGroupArn": targets[0]}]
listeners = [
    elb.create_listener(LoadBalancerArn=balancers[0], Port=port, Protocol="HTTP", DefaultActions=forward)["Listeners"][0]["ListenerArn"]
    for port in range(8000, 8005)
]
for priority in range(1, 8):
    path = [{"Field": "path-pattern", "Values": [f"/{priority}"]}]
    elb.create_rule(ListenerArn=listeners[0], Priority=priority, Conditions=path, Actions=forward)
count(elb, "describe_load_balancers", "LoadBalancers", 7)
count(elb, "describe_target_groups", "TargetGroups", 7)
count(elb, "describe_listeners", "Listeners", 5, LoadBalancerArn=balancers[0])
count(elb, "describe_rules", "Rules", 8, ListenerArn=listeners[0])
count(elb, "describe_account_limits", "Limits", 22)
small = {"PaginationConfig": {"PageSize": 5}}
count(ec2, "describe_subnets", "Subnets", 3, **small)
count(ec2, "describe_security_groups", "SecurityGroups", 2, **small)
count(ec2, "describe_network_interfaces", "NetworkInterfaces", 2 + 7 * 3, **small)
for number in range(12):
    ssm.put_parameter(Name=f"/waiters/{number}", Value="x", Type="String")
count(ssm, "get_parameters_by_path", "Parameters", 12, Path="/waiters")

wait(elb, "target_deregistered", TargetGroupArn=targets[0], Targets=[{"Id": instances[0]}])
ec2.stop_instances(InstanceIds=instances[:1])
wait(ec2, "instance_stopped", InstanceIds=instances[:1])
ec2.terminate_instances(InstanceIds=instances)
wait(ec2, "instance_terminated", InstanceIds=instances)
for balancer in balancers:
    elb.delete_load_balancer(LoadBalancerArn=balancer)
wait(elb, "load_balancers_deleted", LoadBalancerArns=balancers)
print("OK")
