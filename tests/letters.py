"""E-mails that wait in the database, sent as a process would that works on background jobs."""

from contextlib import suppress
from typing import Any

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.tasks import Task

from authenticate_app.accounts import mail
from authenticate_app.background import ComeAgain
from authenticate_app.login import links

TASKS: dict[str, Task[Any, Any, Any]] = {mail.TASK: mail.send_letter, links.TASK: links.send_link}


def waiting() -> list[ProcrastinateJob]:
    """Return the jobs of letters, the oldest first."""
    return list(ProcrastinateJob.objects.filter(queue_name=mail.QUEUE, status="todo").order_by("id"))


def send_all() -> None:
    """Work on each once; those that are to come again go on waiting."""
    for job in waiting():
        with suppress(ComeAgain):
            TASKS[job.task_name](**job.args)
            _forget(job)


def _forget(job: ProcrastinateJob) -> None:
    with connection.cursor() as cursor:  # the library's model is for reading alone
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.pk])
