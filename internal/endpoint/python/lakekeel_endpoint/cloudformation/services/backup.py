"""AWS Backup: what a plan copies. No copy is made here; plan, vault and selection are kept and described."""

from ..mapping import Call, Mapping

MAPPINGS = (
    Mapping(
        type="AWS::Backup::BackupSelection",
        service="backup",
        create="create_backup_selection",
        # CloudFormation's Ref is the selection's and the plan's id.
        ref=lambda answer, arguments: f"{answer['SelectionId']}_{answer['BackupPlanId']}",
        attributes=lambda answer, arguments: {"SelectionId": answer["SelectionId"], "BackupPlanId": answer["BackupPlanId"]},
        delete=Call(
            "delete_backup_selection",
            lambda pid, p: dict(zip(("SelectionId", "BackupPlanId"), pid.split("_"), strict=True)),
        ),
    ),
)
