"""Leaves out of a worker what libraries load and no worker needs: imported before anything that imports them."""

from chatauth_project import on_demand

HARDLY_EVER_USED = ("anyio", "croniter", "requests", "segno", "sqlparse", "yaml")
"""What is imported for things that no worker does, or hardly ever; 8 MB."""
FOR_DEVELOPERS = ("greenlet", "pygments", "rich")
"""What libraries load where it happens to be installed, which is nowhere in production; 7 MB."""

on_demand.postpone(*HARDLY_EVER_USED)
on_demand.do_without(*FOR_DEVELOPERS)
