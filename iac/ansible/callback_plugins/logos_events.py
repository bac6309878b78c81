"""Prints each event of a run as one JSON object a line: what `logos region` reads (src/region/events.ts)."""

from __future__ import annotations

import json
import os
import sys
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: logos_events
type: stdout
short_description: one JSON object a line for each event
description:
  - What is printed holds no results of modules but the message of a failure or of C(debug) and, with C(--diff), the
    differences of tasks that don't ask for C(no_log).
"""

LONGEST = 4000
DEBUG = ("debug", "ansible.builtin.debug")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "logos_events"

    def __init__(self):
        super().__init__()
        self._started = {}

    def _print(self, event, **fields):
        sys.stdout.write(json.dumps({"event": event, **fields}, default=str) + "\n")
        sys.stdout.flush()

    def v2_playbook_on_start(self, playbook):
        self._print("playbook", file=os.path.relpath(playbook._file_name))

    def v2_playbook_on_play_start(self, play):
        self._print("play", name=play.get_name())

    def v2_runner_on_start(self, host, task):
        self._started[(host.get_name(), task._uuid)] = time.monotonic()

    def _task(self, result, status):
        host, task, value = result._host.get_name(), result._task, result._result
        began = self._started.pop((host, task._uuid), None)
        hidden = bool(task.no_log or value.get("_ansible_no_log"))
        fields = {
            "host": host,
            "task": task.get_name(),
            "status": status,
            "ms": 0 if began is None else round((time.monotonic() - began) * 1000),
        }
        if status in ("failed", "ignored", "unreachable"):
            fields["message"] = "its output is secret" if hidden else self._message(value)
        if status == "ok" and not hidden and task.action in DEBUG:
            fields["message"] = str(value.get("msg", ""))[:LONGEST]
        if status == "changed" and not hidden and value.get("diff"):
            fields["diff"] = self._get_diff(value["diff"])[:LONGEST]
        self._print("task", **fields)

    @staticmethod
    def _message(value):
        lines = [str(value.get("msg") or "")]
        for item in value.get("results") or []:
            if isinstance(item, dict) and item.get("failed"):
                lines.append(str(item.get("msg") or ""))
                lines.append(str(item.get("stderr") or ""))
        lines.append(str(value.get("stderr") or value.get("module_stderr") or ""))
        return "\n".join(line.strip() for line in lines if line.strip())[:LONGEST]

    def v2_runner_on_ok(self, result):
        self._task(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._task(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._task(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            hosts[host] = stats.summarize(host)
        self._print("recap", hosts=hosts)
