"""Roles and policies."""

from __future__ import annotations

from aws_stand.resources.rows import Made, Row, document, makes

__all__: list[str] = []


@makes("aws:iam/role:Role")
def _role(row: Row) -> Made:
    made = row.client("iam").create_role(
        RoleName=row.called(),
        AssumeRolePolicyDocument=document(row.inputs["assumeRolePolicy"]),
        Tags=row.tags,
        **row.some(path="Path", permissionsBoundary="PermissionsBoundary"),
    )["Role"]
    name = made["RoleName"]
    return name, {"arn": made["Arn"], "name": name, "uniqueId": made["RoleId"]}


@makes("aws:iam/rolePolicy:RolePolicy")
def _role_policy(row: Row) -> Made:
    role, name = row.inputs["role"], row.called()
    text = document(row.inputs["policy"])
    row.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)
    return f"{role}:{name}", {"name": name}


@makes("aws:iam/policy:Policy")
def _policy(row: Row) -> Made:
    made = row.client("iam").create_policy(
        PolicyName=row.called(), PolicyDocument=document(row.inputs["policy"])
    )["Policy"]
    return made["Arn"], {"arn": made["Arn"], "name": made["PolicyName"]}


@makes("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def _attachment(row: Row) -> Made:
    role, policy = row.inputs["role"], row.inputs["policyArn"]
    row.client("iam").attach_role_policy(RoleName=role, PolicyArn=policy)
    return f"{role}/{policy}", {}
