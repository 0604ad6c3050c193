"""State machines and schedules."""

from __future__ import annotations

from aws_stand.resources.rows import Made, Row, makes

__all__: list[str] = []


@makes("aws:sfn/stateMachine:StateMachine")
def _machine(row: Row) -> Made:
    name = row.called()
    arn = row.client("stepfunctions").create_state_machine(
        name=name,
        definition=row.inputs["definition"],
        roleArn=row.inputs["roleArn"],
        type=row.inputs.get("type", "STANDARD"),
        tags=[{name.lower(): value for name, value in one.items()} for one in row.tags],
    )["stateMachineArn"]
    return arn, {"arn": arn, "name": name, "status": "ACTIVE"}


@makes("aws:scheduler/scheduleGroup:ScheduleGroup")
def _schedule_group(row: Row) -> Made:
    name = row.called()
    made = row.client("scheduler").create_schedule_group(Name=name)
    return name, {"arn": made["ScheduleGroupArn"], "name": name}


@makes("aws:scheduler/schedule:Schedule")
def _schedule(row: Row) -> Made:
    name = row.called()
    made = row.client("scheduler").create_schedule(Name=name, **row.whole("name", "namePrefix"))
    group = row.inputs.get("groupName", "default")
    return f"{group}/{name}", {"arn": made["ScheduleArn"], "name": name}
