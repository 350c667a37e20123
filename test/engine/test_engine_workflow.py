"""Workflow runs: what fires when, what a run reports, and how it ends."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from conftest import REGION, counts, nodes, wait

PASS = "pass"
FAIL = "raise ValueError('no luck')"
SLEEP = "import time; time.sleep(60)"


def state(run: dict, name: str) -> list[str]:
    return [one["JobRunState"] for one in nodes(run)[name]["JobDetails"]["JobRuns"]]


def test_a_graph_of_jobs_and_crawlers_runs_in_its_order(lab):
    """The shape of Covid_19: a job, crawlers side by side, a job when all have succeeded, a last job."""
    for name in ("x", "y"):
        lab.put(f"{name}/a.csv", "a,n\nx,1\n")
    crawlers = [lab.crawler(name, f"s3://{lab.bucket}/{name}") for name in ("x", "y")]
    jobs = [lab.job(name, "import sys; print(sys.argv[1:])") for name in ("first", "join", "last")]
    workflow = lab.workflow(
        ("t_start", [jobs[0]]),
        *((f"t_{c}", [f"crawler:{c}"], [(jobs[0], "SUCCEEDED")]) for c in crawlers),
        ("t_join", [jobs[1]], [(f"crawler:{c}", "SUCCEEDED") for c in crawlers], "AND"),
        ("t_end", [jobs[2]], [(jobs[1], "SUCCEEDED")]),
        DefaultRunProperties={"who": "nobody", "why": "test"},
    )
    run = lab.run_workflow(workflow, RunProperties={"who": "me"})
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 5, "Succeeded": 5})
    assert run["WorkflowRunProperties"] == {"who": "me", "why": "test"}
    graph = nodes(run)
    assert {node["Type"] for node in graph.values()} == {"TRIGGER", "JOB", "CRAWLER"}
    assert set(lab.tables()) == {"x", "y"}
    ran = {name: graph[name]["JobDetails"]["JobRuns"][0] for name in jobs}
    crawls = [graph[name]["CrawlerDetails"]["Crawls"][0] for name in crawlers]
    assert all(ran[jobs[0]]["CompletedOn"] <= crawl["StartedOn"] for crawl in crawls)
    assert all(crawl["CompletedOn"] <= ran[jobs[1]]["StartedOn"] for crawl in crawls)
    assert ran[jobs[2]]["PredecessorRuns"] == [{"JobName": jobs[1], "RunId": ran[jobs[1]]["Id"]}]
    assert ran[jobs[2]]["TriggerName"] == lab.name("t_end")
    said = (lab.endpoint.home / "runs" / ran[jobs[2]]["Id"] / "stdout").read_text()
    assert f"'--WORKFLOW_NAME', '{workflow}', '--WORKFLOW_RUN_ID', '{run['WorkflowRunId']}'" in said
    names = {node["UniqueId"]: node["Name"] for node in run["Graph"]["Nodes"]}
    edges = {(names[edge["SourceId"]], names[edge["DestinationId"]]) for edge in run["Graph"]["Edges"]}
    assert edges == {
        (lab.name("t_start"), jobs[0]), (lab.name("t_join"), jobs[1]), (lab.name("t_end"), jobs[2]), (jobs[1], lab.name("t_end")),
        *((lab.name(f"t_{c}"), c) for c in crawlers), *((jobs[0], lab.name(f"t_{c}")) for c in crawlers),
        *((c, lab.name("t_join")) for c in crawlers),
    }  # fmt: skip
    seconds = (run["CompletedOn"] - run["StartedOn"]).total_seconds()
    assert seconds < 5, "no job takes long, so nothing but the engine could"


def test_actions_of_one_trigger_run_at_once(lab):
    script = f"""
        import boto3, sys, time
        s3, me = boto3.client("s3"), sys.argv[sys.argv.index("--JOB_NAME") + 1]
        s3.put_object(Bucket="{lab.bucket}", Key=f"met/{{me}}", Body=b"")
        while s3.list_objects_v2(Bucket="{lab.bucket}", Prefix="met/")["KeyCount"] < 3:
            time.sleep(0.05)
    """
    jobs = [lab.job(f"j{i}", script) for i in range(3)]
    run = lab.run_workflow(lab.workflow(("t", jobs)))
    assert counts(run) == {"Total": 3, "Succeeded": 3}


def test_after_a_failure_only_what_waits_for_it_runs(lab):
    bad, good, rescue, never = (lab.job(n, s) for n, s in (("bad", FAIL), ("good", PASS), ("rescue", PASS), ("never", PASS)))
    workflow = lab.workflow(
        ("t0", [bad, good]),
        ("t1", [rescue], [(bad, "FAILED"), (bad, "TIMEOUT")], "ANY"),
        ("t2", [never], [(bad, "SUCCEEDED"), (good, "SUCCEEDED")], "AND"),
    )
    run = lab.run_workflow(workflow)
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 4, "Succeeded": 2, "Failed": 1})
    assert (state(run, bad), state(run, rescue), state(run, never)) == (["FAILED"], ["SUCCEEDED"], [])
    assert nodes(run)[bad]["JobDetails"]["JobRuns"][0]["ErrorMessage"] == "ValueError: no luck"
    lab.put("scripts/bad.py", PASS)
    assert counts(lab.run_workflow(workflow)) == {"Total": 4, "Succeeded": 3}


def test_retries_come_before_what_waits_for_the_job(lab):
    script = f"""
        import boto3, sys
        s3 = boto3.client("s3")
        first = not s3.list_objects_v2(Bucket="{lab.bucket}", Prefix="tried")["KeyCount"]
        s3.put_object(Bucket="{lab.bucket}", Key="tried", Body=b"")
        sys.exit(1 if first else 0)
    """
    flaky, then = lab.job("flaky", script, MaxRetries=1), lab.job("then", PASS)
    run = lab.run_workflow(lab.workflow(("t0", [flaky]), ("t1", [then], [(flaky, "SUCCEEDED")])))
    assert counts(run) == {"Total": 2, "Succeeded": 2}
    assert state(run, flaky) == ["FAILED", "SUCCEEDED"]


def test_a_timeout_is_counted_and_may_be_waited_for(lab):
    slow, then = lab.job("slow", SLEEP, Timeout=1), lab.job("then", PASS)
    run = lab.run_workflow(lab.workflow(("t0", [slow]), ("t1", [then], [(slow, "TIMEOUT")])))
    assert counts(run) == {"Total": 2, "Succeeded": 1, "Timeout": 1}


def test_a_crawl_that_fails_or_finds_nothing(lab):
    lost, empty = lab.crawler("lost", "s3://no-such-bucket-here/x"), lab.crawler("empty", f"s3://{lab.bucket}/nothing/")
    after = lab.job("after", PASS)
    workflow = lab.workflow(
        ("t0", [f"crawler:{lost}", f"crawler:{empty}"]),
        ("t1", [after], [(f"crawler:{lost}", "FAILED"), (f"crawler:{empty}", "SUCCEEDED")], "AND"),
    )
    run = lab.run_workflow(workflow)
    assert counts(run) == {"Total": 3, "Succeeded": 2, "Failed": 1}
    crawl = nodes(run)[lost]["CrawlerDetails"]["Crawls"][0]
    assert crawl["ErrorMessage"] == "The S3 location s3://no-such-bucket-here/x does not exist: there is no bucket no-such-bucket-here"


def test_a_trigger_that_was_never_activated_stalls_the_graph(lab):
    first, second = lab.job("first", PASS), lab.job("second", PASS)
    workflow = lab.workflow(("t0", [first]), ("t1", [second], [(first, "SUCCEEDED")]))
    lab.glue.stop_trigger(Name=lab.name("t1"))
    run = lab.run_workflow(workflow)
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 2, "Succeeded": 1})
    lab.glue.start_trigger(Name=lab.name("t1"))
    assert counts(lab.run_workflow(workflow)) == {"Total": 2, "Succeeded": 2}


def test_an_action_that_cannot_be_started_is_errored(lab):
    busy = lab.job("busy", SLEEP)
    held = lab.glue.start_job_run(JobName=busy)["JobRunId"]
    after = lab.job("after", PASS)
    run = lab.run_workflow(lab.workflow(("t0", [busy, "nosuchjob"]), ("t1", [after], [(busy, "FAILED")])))
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 3, "Errored": 2})
    shown = nodes(run)[busy]["JobDetails"]["JobRuns"][0]
    assert shown["JobRunState"] == "ERROR"
    assert shown["ErrorMessage"] == (
        f"ConcurrentRunsExceededException: Concurrent runs exceeded for job {busy}: 1 allowed at once (MaxConcurrentRuns)"
    )
    lab.glue.batch_stop_job_run(JobName=busy, JobRunIds=[held])


def test_a_crawler_that_runs_already_is_errored(lab):
    for i in range(40):
        lab.put(f"t/{i}.csv", "a,n\n" + "x,1\n" * 20_000)
    crawler = lab.crawler("c", f"s3://{lab.bucket}/t")
    lab.glue.start_crawler(Name=crawler)
    run = lab.run_workflow(lab.workflow(("t0", [f"crawler:{crawler}"])))
    assert counts(run) == {"Total": 1, "Errored": 1}
    assert nodes(run)[crawler]["CrawlerDetails"]["Crawls"][0]["State"] == "ERROR"
    lab.glue.stop_crawler(Name=crawler)


def test_more_runs_at_once_than_allowed_are_refused(lab):
    job = lab.job("slow", SLEEP)
    workflow = lab.workflow(("t0", [job]), MaxConcurrentRuns=1)
    first = lab.start(workflow)
    with pytest.raises(lab.glue.exceptions.ConcurrentRunsExceededException) as fault:
        lab.start(workflow)
    assert fault.value.response["Error"]["Message"] == (
        f"Concurrent runs exceeded for workflow {workflow}: 1 allowed at once (MaxConcurrentRuns)"
    )
    lab.glue.stop_workflow_run(Name=workflow, RunId=first)
    assert lab.completed(workflow, first)["Status"] == "STOPPED"
    lab.put("scripts/slow.py", PASS)
    again = lab.run_workflow(workflow)
    assert (again["Status"], counts(again), again["PreviousRunId"]) == ("COMPLETED", {"Total": 1, "Succeeded": 1}, first)


def test_a_stopped_run_stops_what_runs_and_starts_nothing_more(lab):
    slow, after = lab.job("slow", SLEEP), lab.job("after", PASS)
    workflow = lab.workflow(("t0", [slow]), ("t1", [after], [(slow, "STOPPED")]))
    run = lab.start(workflow)
    wait(lambda: counts(lab.glue.get_workflow_run(Name=workflow, RunId=run)["Run"]).get("Running"))
    lab.glue.stop_workflow_run(Name=workflow, RunId=run)
    ended = lab.completed(workflow, run)
    assert (ended["Status"], counts(ended), state(ended, after)) == ("STOPPED", {"Total": 2, "Stopped": 1}, [])
    with pytest.raises(ClientError) as fault:
        lab.glue.stop_workflow_run(Name=workflow, RunId=run)
    assert fault.value.response["Error"]["Code"] == "IllegalWorkflowStateException"


def test_a_run_stopped_at_once_ends(lab):
    """Its first job may not have been started yet, or be started this moment."""
    workflow = lab.workflow(("t0", [lab.job(f"slow{i}", SLEEP) for i in range(3)]))
    for _ in range(5):
        run = lab.start(workflow)
        lab.glue.stop_workflow_run(Name=workflow, RunId=run)
        ended = lab.completed(workflow, run)
        assert (ended["Status"], counts(ended)) == ("STOPPED", {"Total": 3, "Stopped": 3})


def test_a_job_that_is_stopped_may_be_waited_for(lab):
    slow, after = lab.job("slow", SLEEP), lab.job("after", PASS)
    workflow = lab.workflow(("t0", [slow]), ("t1", [after], [(slow, "STOPPED")]))
    run = lab.start(workflow)
    job_run = wait(lambda: lab.glue.get_job_runs(JobName=slow)["JobRuns"])[0]["Id"]
    lab.glue.batch_stop_job_run(JobName=slow, JobRunIds=[job_run])
    assert counts(lab.completed(workflow, run)) == {"Total": 2, "Stopped": 1, "Succeeded": 1}


def test_run_properties_may_be_changed_by_a_job(lab):
    script = """
        import boto3, sys
        given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
        names = {"Name": given["--WORKFLOW_NAME"], "RunId": given["--WORKFLOW_RUN_ID"]}
        boto3.client("glue").put_workflow_run_properties(**names, RunProperties={"rows": "7"})
    """
    workflow = lab.workflow(("t0", [lab.job("put", script)]), DefaultRunProperties={"kept": "yes"})
    run = lab.run_workflow(workflow)
    properties = lab.glue.get_workflow_run_properties(Name=workflow, RunId=run["WorkflowRunId"])["RunProperties"]
    assert properties == {"kept": "yes", "rows": "7"}


def test_a_workflow_tells_of_its_graph_and_its_last_run(lab):
    job = lab.job("j", PASS)
    workflow = lab.workflow(("t0", [job]))
    described = lab.glue.get_workflow(Name=workflow, IncludeGraph=True)["Workflow"]
    assert {node["Name"] for node in described["Graph"]["Nodes"]} == {job, lab.name("t0")}
    assert "LastRun" not in described
    runs = [lab.run_workflow(workflow)["WorkflowRunId"] for _ in range(2)]
    assert lab.glue.get_workflow(Name=workflow)["Workflow"]["LastRun"]["WorkflowRunId"] == runs[1]
    assert [run["WorkflowRunId"] for run in lab.glue.get_workflow_runs(Name=workflow)["Runs"]] == runs[::-1]
    several = lab.glue.batch_get_workflows(Names=[workflow, "nowhere"])
    assert [one["Name"] for one in several["Workflows"]] == [workflow]
    assert several["MissingWorkflows"] == ["nowhere"]


def test_triggers_outside_a_workflow_make_chains(lab):
    first, second = lab.job("first", PASS), lab.job("second", PASS)
    lab.glue.create_trigger(Name=lab.name("a"), Type="ON_DEMAND", Actions=[{"JobName": first}])
    condition = {"LogicalOperator": "EQUALS", "JobName": first, "State": "SUCCEEDED"}
    lab.glue.create_trigger(
        Name=lab.name("b"), Type="CONDITIONAL", Actions=[{"JobName": second}], Predicate={"Conditions": [condition]}, StartOnCreation=True
    )
    lab.run(first)  # by hand: nothing follows, as on AWS
    lab.glue.start_trigger(Name=lab.name("a"))
    run = wait(lambda: lab.glue.get_job_runs(JobName=second)["JobRuns"])[0]
    assert lab.ended(second, run["Id"])["JobRunState"] == "SUCCEEDED"
    assert (run["TriggerName"], len(lab.glue.get_job_runs(JobName=second)["JobRuns"])) == (lab.name("b"), 1)
    assert "PredecessorRuns" in run
    lab.glue.delete_trigger(Name=lab.name("b"))


def test_starting_the_start_trigger_starts_the_workflow(lab):
    workflow = lab.workflow(("t0", [lab.job("j", PASS)]))
    lab.glue.start_trigger(Name=lab.name("t0"))
    assert lab.glue.get_trigger(Name=lab.name("t0"))["Trigger"]["State"] == "CREATED"
    run = lab.glue.get_workflow_runs(Name=workflow)["Runs"][0]
    assert lab.completed(workflow, run["WorkflowRunId"])["Status"] == "COMPLETED"
    with pytest.raises(lab.glue.exceptions.InvalidInputException):
        lab.glue.stop_trigger(Name=lab.name("t0"))


def test_a_workflow_without_a_start_is_refused(lab):
    lab.glue.create_workflow(Name=lab.name("wf"))
    with pytest.raises(lab.glue.exceptions.InvalidInputException, match="has no start trigger"):
        lab.start(lab.name("wf"))
    with pytest.raises(lab.glue.exceptions.EntityNotFoundException):
        lab.start("nowhere")


def test_a_second_start_trigger_is_refused(lab):
    job = lab.job("j", PASS)
    workflow = lab.workflow(("t0", [job]))
    with pytest.raises(lab.glue.exceptions.InvalidInputException, match="has a start trigger already"):
        lab.glue.create_trigger(Name=lab.name("t9"), WorkflowName=workflow, Type="ON_DEMAND", Actions=[{"JobName": job}])


def test_events_start_a_workflow_when_the_batch_is_full_or_the_window_over(lab):
    """BatchSize 2; BatchWindow 60 seconds, which last one second here."""
    workflow = lab.workflow(("t0", [lab.job("j", PASS)]), start="EVENT")
    events, rule = lab.endpoint.client("events"), lab.name("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [lab.tag]}))
    events.put_targets(
        Rule=rule,
        Targets=[
            {"Id": "1", "Arn": f"arn:aws:glue:{REGION}:123456789012:workflow/{workflow}", "RoleArn": "arn:aws:iam::123456789012:role/x"}
        ],
    )

    def put(number):
        entries = [{"Source": lab.tag, "DetailType": "t", "Detail": "{}"}] * number
        return [entry["EventId"] for entry in events.put_events(Entries=entries)["Entries"]]

    def runs(number):
        found = lab.glue.get_workflow_runs(Name=workflow)["Runs"]
        return found if len(found) == number else None

    put(2)
    full = wait(lambda: runs(1), limit=5)[0]
    assert full["StartingEventBatchCondition"] == {"BatchSize": 2, "BatchWindow": 60}
    assert full["WorkflowRunProperties"]["aws:eventIds"].count(",") == 1
    lab.completed(workflow, full["WorkflowRunId"])
    put(1)
    time.sleep(0.3)
    assert runs(1), "one event waits for another"
    late = wait(lambda: runs(2), limit=5)[0]
    assert late["StartingEventBatchCondition"] == {"BatchSize": 1, "BatchWindow": 60}
    assert counts(lab.completed(workflow, late["WorkflowRunId"])) == {"Total": 1, "Succeeded": 1}
