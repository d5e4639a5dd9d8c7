"""The unprivileged role, the walls between agencies, and the queue's tables."""

from alembic import op

from app.db import queue
from app.db.tenancy import ROLE, policy

revision = "c27d0f4be2a9"
down_revision = "b5a1174a1770"
branch_labels = None
depends_on = None

WALLED = (
    "unit", "user_account", "delegation", "login_session", "document", "opinion", "attachment", "upload", "milestone",
    "register", "register_entry", "document_right", "holiday", "message", "signature", "act", "act_content",
    "diagram", "release", "instance", "task", "slow_work",
)
#: what the role may do where it may not do everything
LESS = {"act": "select, insert", "act_content": "select, insert, delete", "agency": "select",
        "register_entry": "select, insert, update", "diagram": "select, insert, update"}


def upgrade() -> None:
    op.execute(f"""
        do $$ begin
            if not exists (select 1 from pg_roles where rolname = '{ROLE}') then
                create role {ROLE} nologin;
            end if;
        end $$""")
    op.execute(f"grant {ROLE} to current_user")
    connection = op.get_bind().connection.driver_connection
    connection.execute(queue.schema())
    for table in (*WALLED, "agency"):
        op.execute(f"grant {LESS.get(table, 'select, insert, update, delete')} on {table} to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers",
                  "procrastinate_workers"):
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
    for table in WALLED:
        for statement in policy(table):
            op.execute(statement)


def downgrade() -> None:
    for table in WALLED:
        op.execute(f"drop policy agency_wall on {table}")
        op.execute(f"alter table {table} disable row level security")
    op.execute(f"revoke all on all tables in schema public from {ROLE}")
    op.execute(f"revoke all on all sequences in schema public from {ROLE}")
    op.execute("drop table procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, "
               "procrastinate_workers cascade")
    op.execute("""
        do $$ declare f record; begin
            for f in select oid::regprocedure as name from pg_proc where proname like 'procrastinate%' loop
                execute 'drop function ' || f.name || ' cascade';
            end loop;
            for f in select typname as name from pg_type where typname like 'procrastinate%' and typtype in ('e', 'c')
            loop execute 'drop type if exists ' || f.name || ' cascade'; end loop;
        end $$""")
