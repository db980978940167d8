"""Log lines are JSON and carry the tenant; see apps.tenants.middleware and apps.tenants.tasks for who binds it."""

import structlog

ADD_CONTEXT = structlog.contextvars.merge_contextvars
