"""Jobs that nobody is at any more, since their process died or could not say that they were done, are done again."""

from typing import Any

import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import ProcrastinateException
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

log = structlog.get_logger("chatauth.jobs")

MISSED_SECONDS = 10.0
"""A process that gave no sign of life for so long is taken for dead."""


class Revival:
    """Knows which jobs this process is at, and finds those that only seem to be worked on."""

    def __init__(self) -> None:
        self._at_work: set[int] = set()
        self._suspects: set[int] = set()

    async def note(self, call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:
        """Run a job, and know of it meanwhile: a middleware of procrastinate's."""
        job_id = context.job.id or 0
        self._at_work.add(job_id)
        try:
            return await call_next()
        finally:
            self._at_work.discard(job_id)

    async def revive(self, application: App, workers: list[Worker]) -> None:
        """Give back to the queues what nobody is at. Raises ``ProcrastinateException`` without a database."""
        manager = application.job_manager
        await manager.prune_stalled_workers(MISSED_SECONDS)
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=MISSED_SECONDS)
        for job_id in [job.id for job in stalled if job.id] + await self._dropped(application, workers):
            await _give_back(application, job_id)

    async def _dropped(self, application: App, workers: list[Worker]) -> list[int]:
        """Return jobs that the database takes for ours and that we are not at, twice in a row.

        Once is no sign: a job that was fetched a moment ago, or has just ended, looks the same.
        """
        ours = [worker.worker_id for worker in workers if worker.worker_id is not None]
        rows = await application.connector.execute_query_all_async(query=_TAKEN_FOR_OURS, workers=ours)
        suspects = {row["id"] for row in rows} - self._at_work
        dropped, self._suspects = suspects & self._suspects, suspects
        return sorted(dropped)


_TAKEN_FOR_OURS = "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(workers)s::bigint[])"


async def _give_back(application: App, job_id: int) -> None:
    from procrastinate.utils import utcnow

    try:
        await application.job_manager.retry_job_by_id_async(job_id=job_id, retry_at=utcnow())
    except ProcrastinateException:  # somebody else did so in the same moment, or it has ended after all
        return
    log.warning("job done again", job=job_id)
