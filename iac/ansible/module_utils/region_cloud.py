"""A connection to the region's APIs, as the openstacksdk has it, that waits for them to answer."""

import time

import keystoneauth1.exceptions
import openstack

# What a module is told of an administrator; of it the password alone is secret.
ADMIN = dict(
    url=dict(type='str', required=True),
    username=dict(type='str', required=True),
    project=dict(type='str', required=True),
    region=dict(type='str', required=True),
    password=dict(type='str', required=True, no_log=True),
)


def connect(admin, seconds=120):
    """Connects as an administrator. Raises what the last of the attempts raised."""
    deadline = time.monotonic() + seconds
    while True:
        cloud = openstack.connection.Connection(
            auth=dict(
                auth_url=admin['url'],
                username=admin['username'],
                password=admin['password'],
                project_name=admin['project'],
                user_domain_name='Default',
                project_domain_name='Default',
            ),
            region_name=admin['region'],
            app_name='logos-region',
        )
        try:
            cloud.authorize()
            return cloud
        except (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def until(ask, seconds, what):
    """Asks until the answer is something. Raises TimeoutError with what was waited for.

    What the load balancer says of a service that it does not know to be there yet (502, 503, 504) is no answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = ask()
        except openstack.exceptions.HttpException as error:
            if error.status_code not in (502, 503, 504) or time.monotonic() > deadline:
                raise
            answer = None
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError('%s: not within %d s' % (what, seconds))
        time.sleep(1)
