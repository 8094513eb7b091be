"""What turns hold and spend of budgets, as functions that the writer of runs calls in the transaction of its rows."""

from django.db import migrations

PERIOD = """
create function billing_period_start(period text, at timestamptz) returns date language sql immutable as $$
    select date_trunc(period, at at time zone 'UTC')::date
$$
"""

# Whoever locks several takes them in the order of (budget, subject). The functions below lock their own places; who calls
# several of them in one transaction locks the places of all of them first.
LOCK = """
create function billing_lock(budget uuid, subject uuid) returns void language sql as $$
    select pg_advisory_xact_lock(hashtextextended(budget::text || subject::text, 0))
$$
"""

# Brings what a run holds of each of its budgets to `amount`; less than that is never made of it.
HOLD = """
create function billing_hold(run uuid, budgets uuid[], subjects uuid[], amount numeric, tops_up boolean)
returns void language plpgsql as $$
declare
    place record;
    missing numeric;
begin
    perform billing_lock(p.budget_id, p.subject_id) from unnest(budgets, subjects) as p(budget_id, subject_id);
    for place in
        select b.id, p.subject_id, b.scope, b.period, b.action, b.limit_usd, h.amount_usd as held,
            coalesce(h.period_start, billing_period_start(b.period, now())) as start
        from unnest(budgets, subjects) as p(budget_id, subject_id)
        join billing_budget b on b.id = p.budget_id
        left join billing_budgethold h
            on h.run_id = run and h.budget_id = p.budget_id and h.subject_id = p.subject_id
        where b.is_enabled
    loop
        -- A run that was ended meanwhile, or begun before the budget was made, holds nothing.
        continue when place.held >= amount or (place.held is null and tops_up);
        missing := amount - coalesce(place.held, 0);
        insert into billing_budgetspend as s (budget_id, subject_id, period_start, spent_usd, held_usd)
        select place.id, place.subject_id, place.start, 0, missing
        where missing = 0 or place.action <> 'stop' or missing <= place.limit_usd
        on conflict (budget_id, subject_id, period_start) do update set held_usd = s.held_usd + missing
        where missing = 0 or place.action <> 'stop' or s.spent_usd + s.held_usd + missing <= place.limit_usd;
        if not found then
            raise exception 'budget exceeded' using errcode = 'BU001',
                detail = concat_ws(' ', place.id, place.subject_id, missing, place.scope, place.period);
        end if;
        insert into billing_budgethold (run_id, budget_id, subject_id, period_start, amount_usd)
        values (run, place.id, place.subject_id, place.start, amount)
        on conflict (run_id, budget_id, subject_id) do update set amount_usd = excluded.amount_usd;
    end loop;
end
$$
"""

# Counts what a run cost and frees what it held; repeating it changes nothing: the holds are gone. The first time in a
# period that so much is spent, the budget warns: a row of the audit log says so.
SETTLE = """
create function billing_settle(run uuid, amount numeric) returns void language plpgsql as $$
begin
    perform billing_lock(h.budget_id, h.subject_id) from (
        select budget_id, subject_id from billing_budgethold where run_id = run order by budget_id, subject_id
    ) h;
    with gone as (
        delete from billing_budgethold where run_id = run returning *
    ), due as (
        select g.*, b.workspace_id, b.warn_percent,
            s.warned_at is null and (s.spent_usd + amount) * 100 >= b.limit_usd * b.warn_percent as warns
        from gone g
        join billing_budgetspend s using (budget_id, subject_id, period_start)
        join billing_budget b on b.id = g.budget_id
    ), paid as (
        update billing_budgetspend s
        set spent_usd = s.spent_usd + amount, held_usd = s.held_usd - d.amount_usd,
            warned_at = case when d.warns then now() else s.warned_at end
        from due d
        where s.budget_id = d.budget_id and s.subject_id = d.subject_id and s.period_start = d.period_start
    )
    insert into workspaces_auditevent (workspace_id, action, object_type, object_id, data, created_at)
    select workspace_id, 'budget.warn', 'budget', budget_id::text,
        jsonb_build_object('subject_id', subject_id, 'warn_percent', warn_percent), now()
    from due where warns;
end
$$
"""

# The same for a call that no run holds for.
SPEND = """
create function billing_spend(budget uuid, subject uuid, amount numeric) returns void language plpgsql as $$
begin
    insert into billing_budgetspend as s (budget_id, subject_id, period_start, spent_usd, held_usd)
    select id, subject, billing_period_start(period, now()), amount, 0 from billing_budget
    where id = budget and is_enabled
    on conflict (budget_id, subject_id, period_start) do update set spent_usd = s.spent_usd + amount;

    with crossed as (
        update billing_budgetspend s set warned_at = now() from billing_budget b
        where b.id = budget and s.budget_id = budget and s.subject_id = subject
            and s.period_start = billing_period_start(b.period, now())
            and s.warned_at is null and s.spent_usd * 100 >= b.limit_usd * b.warn_percent
        returning b.id, b.workspace_id, s.subject_id, b.warn_percent
    )
    insert into workspaces_auditevent (workspace_id, action, object_type, object_id, data, created_at)
    select workspace_id, 'budget.warn', 'budget', id::text,
        jsonb_build_object('subject_id', subject_id, 'warn_percent', warn_percent), now()
    from crossed;
end
$$
"""


def function(sql: str, signature: str) -> migrations.RunSQL:
    return migrations.RunSQL(sql, f"drop function {signature}")


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0001_initial'),
        ('workspaces', '0001_initial'),
    ]

    operations = [
        function(PERIOD, "billing_period_start(text, timestamptz)"),
        function(LOCK, "billing_lock(uuid, uuid)"),
        function(HOLD, "billing_hold(uuid, uuid[], uuid[], numeric, boolean)"),
        function(SETTLE, "billing_settle(uuid, numeric)"),
        function(SPEND, "billing_spend(uuid, uuid, numeric)"),
    ]
