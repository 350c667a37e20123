"""Hand an account's catalog over to Lake Formation, and leave alone what others set there.

AWS::LakeFormation::DataLakeSettings replaces the whole list of administrators; this adds
to it, and takes back on an update what this resource added before.

Admins      ARNs of the administrators to have
Defaults    "keep" leaves who may do what on new databases and tables as it is (the
            migration mode); "close" lets Lake Formation decide, without IAM_ALLOWED_PRINCIPALS
Databases   databases whose grant to IAM_ALLOWED_PRINCIPALS is taken back when closing, with
            that of each of their tables
Version     of cross-account sharing, "" to leave it
"""

import re
import time

import boto3
from botocore.exceptions import ClientError

EVERYBODY = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
PAUSES = (1, 2, 4, 8, 16)  # seconds between attempts: somebody else may be changing the same


def act(request, properties, before):
    lake = boto3.client("lakeformation")
    wanted = [] if request == "Delete" else properties["Admins"]
    ours = set(before.get("Admins", [])) | (set(properties["Admins"]) if request == "Delete" else set())
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    admins, dropped = merged(settings.get("DataLakeAdmins", []), wanted, ours)
    settings["DataLakeAdmins"] = admins
    settings["ReadOnlyAdmins"] = [a for a in settings.get("ReadOnlyAdmins", []) if exists(identity(a))]
    if request != "Delete":
        if properties["Defaults"] == "close":
            settings.update(CreateDatabaseDefaultPermissions=[], CreateTableDefaultPermissions=[])
        if properties["Version"]:
            settings.setdefault("Parameters", {})["CROSS_ACCOUNT_VERSION"] = properties["Version"]
    settings["Parameters"] = {k: v for k, v in settings.get("Parameters", {}).items() if k == "CROSS_ACCOUNT_VERSION"}
    if request != "Delete" and properties["Defaults"] == "close" and properties["Databases"]:
        # Only an administrator may take back; this function is one for that long.
        patiently(lake.put_data_lake_settings, DataLakeSettings={**settings, "DataLakeAdmins": [*admins, *myself()]})
        close(lake, properties["Databases"])
    patiently(lake.put_data_lake_settings, DataLakeSettings=settings)
    data = {"Admins": ",".join(map(identity, admins)), "Dropped": ",".join(dropped)}
    return "data-lake-settings", data


def identity(principal):
    return principal["DataLakePrincipalIdentifier"]


def merged(present, wanted, ours):
    """The administrators to have: those of others, and those wanted.

    The list of an account keeps a role that was deleted, and the service then refuses every
    list that holds it. So one that IAM does not know any more goes, and is said.
    """
    others = [identity(a) for a in present if identity(a) not in ours and identity(a) not in wanted]
    dropped = [arn for arn in others if not exists(arn)]
    for arn in dropped:
        print(f"{arn} is an administrator that does not exist any more: taken off the list")
    missing = [arn for arn in wanted if not exists(arn)]
    if missing:
        raise ValueError(f"no such role or user, to be an administrator: {', '.join(missing)}")
    kept = [arn for arn in others if arn not in dropped]
    return [{"DataLakePrincipalIdentifier": arn} for arn in [*kept, *wanted]], dropped


def myself():
    """The role that this function runs as, if it runs as one: not where there is no Lambda service."""
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    role = re.fullmatch(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.*", arn)
    return [{"DataLakePrincipalIdentifier": "arn:{}:iam::{}:role/{}".format(*role.groups())}] if role else []


def exists(arn):
    """Whether IAM knows a role or user of this account; others cannot be asked for."""
    kind, _, path = arn.split(":", 5)[-1].partition("/")
    name = path.rsplit("/", 1)[-1]
    account = boto3.client("sts").get_caller_identity()["Account"]
    if kind not in ("role", "user") or arn.split(":")[4] != account:
        return True
    iam = boto3.client("iam")
    try:
        iam.get_role(RoleName=name) if kind == "role" else iam.get_user(UserName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return True


def close(lake, databases):
    """Take back what everybody with an IAM policy may do on the databases and their tables."""
    page = {}
    while not page or page.get("NextToken"):
        page = lake.list_permissions(**({"NextToken": page["NextToken"]} if page else {}))
        for grant in page["PrincipalResourcePermissions"]:
            on = grant["Resource"].get("Database", {}).get("Name") or grant["Resource"].get("Table", {}).get("DatabaseName")
            if grant["Principal"] == EVERYBODY and on in databases:
                patiently(
                    lake.revoke_permissions,
                    Principal=EVERYBODY,
                    Resource=grant["Resource"],
                    Permissions=grant["Permissions"],
                    PermissionsWithGrantOption=grant.get("PermissionsWithGrantOption", []),
                )


def patiently(operation, **arguments):
    """Try again while another change is under way, or IAM does not show a new role everywhere yet."""
    for pause in (*PAUSES, None):
        try:
            operation(**arguments)
            return
        except ClientError as error:
            busy = error.response["Error"]["Code"] == "ConcurrentModificationException" or "Invalid principal" in str(error)
            if not busy or pause is None:
                raise
        time.sleep(pause)
