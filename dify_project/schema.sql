CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE FUNCTION public.billing_hold(run uuid, budgets uuid[], subjects uuid[], amount numeric, tops_up boolean) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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
$$;
CREATE FUNCTION public.billing_lock(budget uuid, subject uuid) RETURNS void
    LANGUAGE sql
    AS $$
    select pg_advisory_xact_lock(hashtextextended(budget::text || subject::text, 0))
$$;
CREATE FUNCTION public.billing_period_start(period text, at timestamp with time zone) RETURNS date
    LANGUAGE sql IMMUTABLE
    AS $$
    select date_trunc(period, at at time zone 'UTC')::date
$$;
CREATE FUNCTION public.billing_settle(run uuid, amount numeric) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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
$$;
CREATE FUNCTION public.billing_spend(budget uuid, subject uuid, amount numeric) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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
$$;
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.billing_budget (
    id uuid NOT NULL,
    scope character varying(16) NOT NULL,
    subject_id uuid,
    period character varying(8) NOT NULL,
    limit_usd numeric(14,4) NOT NULL,
    warn_percent smallint NOT NULL,
    action character varying(8) NOT NULL,
    is_enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT billing_budget_warn_percent_check CHECK ((warn_percent >= 0))
);
CREATE TABLE public.billing_budgethold (
    run_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    period_start date NOT NULL,
    amount_usd numeric(20,10) NOT NULL
);
CREATE TABLE public.billing_budgetspend (
    budget_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    period_start date NOT NULL,
    spent_usd numeric(20,10) NOT NULL,
    held_usd numeric(20,10) NOT NULL,
    warned_at timestamp with time zone
);
CREATE TABLE public.billing_trialuse (
    id uuid NOT NULL,
    provider character varying(64) NOT NULL,
    used integer NOT NULL,
    granted integer NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT billing_trialuse_granted_check CHECK ((granted >= 0)),
    CONSTRAINT billing_trialuse_used_check CHECK ((used >= 0))
);
CREATE TABLE public.billing_usage (
    id bigint NOT NULL,
    workspace_id uuid NOT NULL,
    day date NOT NULL,
    app_id uuid,
    provider character varying(64) NOT NULL,
    model character varying(255) NOT NULL,
    type character varying(32) NOT NULL,
    currency character varying(8) NOT NULL,
    calls bigint NOT NULL,
    failed bigint NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    cost numeric(20,10) NOT NULL,
    CONSTRAINT billing_usage_calls_check CHECK ((calls >= 0)),
    CONSTRAINT billing_usage_completion_tokens_check CHECK ((completion_tokens >= 0)),
    CONSTRAINT billing_usage_failed_check CHECK ((failed >= 0)),
    CONSTRAINT billing_usage_prompt_tokens_check CHECK ((prompt_tokens >= 0))
);
ALTER TABLE public.billing_usage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_usage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dify_project_heartbeat (
    id bigint NOT NULL,
    part character varying(32) NOT NULL,
    host character varying(255) NOT NULL,
    pid integer NOT NULL,
    version character varying(32) NOT NULL,
    beat_at timestamp with time zone NOT NULL
);
ALTER TABLE public.dify_project_heartbeat ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.dify_project_heartbeat_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id uuid NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);
ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_celery_beat_clockedschedule (
    id integer NOT NULL,
    clocked_time timestamp with time zone NOT NULL
);
ALTER TABLE public.django_celery_beat_clockedschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_clockedschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_celery_beat_crontabschedule (
    id integer NOT NULL,
    minute character varying(240) NOT NULL,
    hour character varying(96) NOT NULL,
    day_of_week character varying(64) NOT NULL,
    day_of_month character varying(124) NOT NULL,
    month_of_year character varying(64) NOT NULL,
    timezone character varying(63) NOT NULL
);
ALTER TABLE public.django_celery_beat_crontabschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_crontabschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_celery_beat_intervalschedule (
    id integer NOT NULL,
    every integer NOT NULL,
    period character varying(24) NOT NULL
);
ALTER TABLE public.django_celery_beat_intervalschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_intervalschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_celery_beat_periodictask (
    id integer NOT NULL,
    name character varying(200) NOT NULL,
    task character varying(200) NOT NULL,
    args text NOT NULL,
    kwargs text NOT NULL,
    queue character varying(200),
    exchange character varying(200),
    routing_key character varying(200),
    expires timestamp with time zone,
    enabled boolean NOT NULL,
    last_run_at timestamp with time zone,
    total_run_count integer NOT NULL,
    date_changed timestamp with time zone NOT NULL,
    description text NOT NULL,
    crontab_id integer,
    interval_id integer,
    solar_id integer,
    one_off boolean NOT NULL,
    start_time timestamp with time zone,
    priority integer,
    headers text NOT NULL,
    clocked_id integer,
    expire_seconds integer,
    CONSTRAINT django_celery_beat_periodictask_expire_seconds_check CHECK ((expire_seconds >= 0)),
    CONSTRAINT django_celery_beat_periodictask_priority_check CHECK ((priority >= 0)),
    CONSTRAINT django_celery_beat_periodictask_total_run_count_check CHECK ((total_run_count >= 0))
);
ALTER TABLE public.django_celery_beat_periodictask ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_periodictask_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_celery_beat_periodictasks (
    ident smallint NOT NULL,
    last_update timestamp with time zone NOT NULL
);
CREATE TABLE public.django_celery_beat_solarschedule (
    id integer NOT NULL,
    event character varying(24) NOT NULL,
    latitude numeric(9,6) NOT NULL,
    longitude numeric(9,6) NOT NULL
);
ALTER TABLE public.django_celery_beat_solarschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_solarschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.files_uploadfile (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    extension character varying(20) NOT NULL,
    mime_type character varying(255) NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 character varying(64) NOT NULL,
    storage_key character varying(255) NOT NULL,
    created_by_user uuid,
    created_by_end_user uuid,
    created_at timestamp with time zone NOT NULL,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.knowledge_crawl (
    lease_owner uuid,
    lease_until timestamp with time zone,
    attempt smallint NOT NULL,
    waiting_reason text,
    retry_at timestamp with time zone,
    error text,
    id uuid NOT NULL,
    url character varying(2000) NOT NULL,
    options jsonb NOT NULL,
    status character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    created_by_id uuid,
    workspace_id uuid NOT NULL,
    CONSTRAINT knowledge_crawl_attempt_check CHECK ((attempt >= 0))
);
CREATE TABLE public.knowledge_crawledpage (
    id uuid NOT NULL,
    "position" integer NOT NULL,
    url character varying(2000) NOT NULL,
    depth smallint NOT NULL,
    title character varying(500) NOT NULL,
    description text NOT NULL,
    content text,
    error text,
    crawl_id uuid NOT NULL,
    CONSTRAINT knowledge_crawledpage_depth_check CHECK ((depth >= 0)),
    CONSTRAINT knowledge_crawledpage_position_check CHECK (("position" >= 0))
);
CREATE TABLE public.knowledge_dataset (
    id uuid NOT NULL,
    name character varying(40) NOT NULL,
    description character varying(400) NOT NULL,
    provider character varying(16) NOT NULL,
    permission character varying(20) NOT NULL,
    data_source_type character varying(20),
    indexing_technique character varying(16),
    embedding_provider character varying(64) NOT NULL,
    embedding_model character varying(255) NOT NULL,
    retrieval_model jsonb NOT NULL,
    doc_form character varying(20) NOT NULL,
    enable_api boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    updated_by_id uuid,
    workspace_id uuid NOT NULL,
    built_in_field_enabled boolean NOT NULL,
    external_knowledge_id character varying(255) NOT NULL,
    external_retrieval_model jsonb NOT NULL,
    sync_interval_h smallint,
    external_api_id uuid,
    CONSTRAINT knowledge_dataset_sync_interval_h_check CHECK ((sync_interval_h >= 0))
);
CREATE TABLE public.knowledge_datasetmember (
    id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    user_id uuid NOT NULL
);
CREATE TABLE public.knowledge_document (
    id uuid NOT NULL,
    "position" integer NOT NULL,
    name character varying(255) NOT NULL,
    data_source_type character varying(20) NOT NULL,
    data_source_info jsonb NOT NULL,
    batch character varying(20) NOT NULL,
    created_from character varying(8) NOT NULL,
    doc_form character varying(20) NOT NULL,
    doc_language character varying(64) NOT NULL,
    doc_type character varying(40),
    doc_metadata jsonb,
    word_count integer NOT NULL,
    tokens integer NOT NULL,
    segment_count integer NOT NULL,
    completed_segments integer NOT NULL,
    hit_count integer NOT NULL,
    enabled boolean NOT NULL,
    disabled_at timestamp with time zone,
    disabled_by uuid,
    archived boolean NOT NULL,
    archived_at timestamp with time zone,
    archived_by uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    indexing_status character varying(12) NOT NULL,
    error text,
    waiting_reason text,
    retry_at timestamp with time zone,
    attempt smallint NOT NULL,
    lease_owner uuid,
    lease_until timestamp with time zone,
    processing_started_at timestamp with time zone,
    parsing_completed_at timestamp with time zone,
    cleaning_completed_at timestamp with time zone,
    splitting_completed_at timestamp with time zone,
    completed_at timestamp with time zone,
    paused_at timestamp with time zone,
    paused_by uuid,
    stopped_at timestamp with time zone,
    created_by_id uuid,
    dataset_id uuid NOT NULL,
    upload_file_id uuid,
    workspace_id uuid NOT NULL,
    process_rule_id uuid NOT NULL,
    priority smallint NOT NULL,
    replaces_id uuid,
    source_version character varying(64) NOT NULL,
    synced_at timestamp with time zone,
    source_id uuid,
    CONSTRAINT knowledge_document_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT knowledge_document_completed_segments_check CHECK ((completed_segments >= 0)),
    CONSTRAINT knowledge_document_hit_count_check CHECK ((hit_count >= 0)),
    CONSTRAINT knowledge_document_position_check CHECK (("position" >= 0)),
    CONSTRAINT knowledge_document_segment_count_check CHECK ((segment_count >= 0)),
    CONSTRAINT knowledge_document_tokens_check CHECK ((tokens >= 0)),
    CONSTRAINT knowledge_document_word_count_check CHECK ((word_count >= 0))
);
CREATE TABLE public.knowledge_documentpart (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    content text NOT NULL,
    page integer,
    pairs jsonb,
    document_id uuid NOT NULL,
    CONSTRAINT knowledge_documentpart_page_check CHECK ((page >= 0)),
    CONSTRAINT knowledge_documentpart_position_check CHECK (("position" >= 0))
);
ALTER TABLE public.knowledge_documentpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.knowledge_documentpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.knowledge_externalknowledgeapi (
    id uuid NOT NULL,
    name character varying(40) NOT NULL,
    description character varying(400) NOT NULL,
    endpoint character varying(2000) NOT NULL,
    api_key text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.knowledge_indexchange (
    lease_owner uuid,
    lease_until timestamp with time zone,
    attempt smallint NOT NULL,
    waiting_reason text,
    retry_at timestamp with time zone,
    error text,
    dataset_id uuid NOT NULL,
    indexing_technique character varying(16) NOT NULL,
    embedding_provider character varying(64) NOT NULL,
    embedding_model character varying(255) NOT NULL,
    total_segments integer NOT NULL,
    completed_segments integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    CONSTRAINT knowledge_indexchange_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT knowledge_indexchange_completed_segments_check CHECK ((completed_segments >= 0)),
    CONSTRAINT knowledge_indexchange_total_segments_check CHECK ((total_segments >= 0))
);
CREATE TABLE public.knowledge_lexicalstat (
    dataset_id uuid NOT NULL,
    chunks bigint NOT NULL,
    tokens bigint NOT NULL,
    average_length double precision NOT NULL
);
CREATE TABLE public.knowledge_metadatafield (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    type character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    dataset_id uuid NOT NULL
);
CREATE TABLE public.knowledge_processrule (
    id uuid NOT NULL,
    mode character varying(16) NOT NULL,
    rules jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    dataset_id uuid NOT NULL
);
CREATE TABLE public.knowledge_searchindex (
    lease_owner uuid,
    lease_until timestamp with time zone,
    attempt smallint NOT NULL,
    waiting_reason text,
    retry_at timestamp with time zone,
    error text,
    id uuid NOT NULL,
    kind character varying(8) NOT NULL,
    model character varying(255) NOT NULL,
    dim smallint,
    name character varying(63) NOT NULL,
    ready_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    dataset_id uuid NOT NULL,
    CONSTRAINT knowledge_searchindex_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT knowledge_searchindex_dim_check CHECK ((dim >= 0))
);
CREATE TABLE public.knowledge_segment (
    id uuid NOT NULL,
    "position" integer NOT NULL,
    content text NOT NULL,
    answer text,
    word_count integer NOT NULL,
    tokens integer NOT NULL,
    keywords jsonb,
    index_node_hash character varying(64) NOT NULL,
    hit_count integer NOT NULL,
    enabled boolean NOT NULL,
    disabled_at timestamp with time zone,
    disabled_by uuid,
    status character varying(12) NOT NULL,
    error text,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    indexing_at timestamp with time zone,
    completed_at timestamp with time zone,
    stopped_at timestamp with time zone,
    dataset_id uuid NOT NULL,
    document_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    origin character varying(10) NOT NULL,
    page integer,
    parent_id uuid,
    updated_at timestamp with time zone NOT NULL,
    updated_by uuid,
    metadata jsonb,
    CONSTRAINT knowledge_segment_hit_count_check CHECK ((hit_count >= 0)),
    CONSTRAINT knowledge_segment_page_check CHECK ((page >= 0)),
    CONSTRAINT knowledge_segment_position_check CHECK (("position" >= 0)),
    CONSTRAINT knowledge_segment_tokens_check CHECK ((tokens >= 0)),
    CONSTRAINT knowledge_segment_word_count_check CHECK ((word_count >= 0))
);
CREATE TABLE public.knowledge_segmentembedding (
    model character varying(255) NOT NULL,
    dim smallint NOT NULL,
    enabled boolean NOT NULL,
    embedding public.halfvec NOT NULL,
    dataset_id uuid NOT NULL,
    segment_id uuid NOT NULL,
    document_id uuid NOT NULL,
    CONSTRAINT knowledge_segmentembedding_dim_check CHECK ((dim >= 0))
)
WITH (toast_tuple_target='8160');
CREATE TABLE public.knowledge_segmentlexical (
    segment_id uuid NOT NULL,
    enabled boolean NOT NULL,
    length integer NOT NULL,
    terms integer[] NOT NULL,
    weights public.sparsevec(16777216) NOT NULL,
    dataset_id uuid NOT NULL,
    document_id uuid NOT NULL,
    CONSTRAINT knowledge_segmentlexical_length_check CHECK ((length >= 0))
)
WITH (toast_tuple_target='8160');
CREATE TABLE public.knowledge_sourceconnection (
    id uuid NOT NULL,
    source character varying(40) NOT NULL,
    account character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    info jsonb NOT NULL,
    credentials text NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.knowledge_termstat (
    term integer NOT NULL,
    df integer NOT NULL,
    dataset_id uuid NOT NULL
);
CREATE TABLE public.logs_annotation (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    conversation_id uuid,
    question text NOT NULL,
    answer text NOT NULL,
    hit_count integer NOT NULL,
    account_id uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    message_id uuid,
    CONSTRAINT logs_annotation_hit_count_check CHECK ((hit_count >= 0))
);
CREATE TABLE public.logs_bigvalue (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    node_index integer NOT NULL,
    field character varying(16) NOT NULL,
    content text NOT NULL,
    characters bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    run_id uuid NOT NULL,
    CONSTRAINT logs_bigvalue_characters_check CHECK ((characters >= 0)),
    CONSTRAINT logs_bigvalue_node_index_check CHECK ((node_index >= 0))
);
CREATE TABLE public.logs_conversation (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    invoke_from character varying(16) NOT NULL,
    end_user_id uuid,
    account_id uuid,
    name character varying(255) NOT NULL,
    inputs jsonb NOT NULL,
    introduction text NOT NULL,
    status character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    pinned_at timestamp with time zone,
    variables jsonb NOT NULL
);
CREATE TABLE public.logs_feedback (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    conversation_id uuid,
    rating character varying(16) NOT NULL,
    content text NOT NULL,
    source character varying(16) NOT NULL,
    end_user_id uuid,
    account_id uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    message_id uuid NOT NULL
);
CREATE TABLE public.logs_humanform (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    node_id character varying(255) NOT NULL,
    node_title character varying(255) NOT NULL,
    token character varying(64) NOT NULL,
    content text NOT NULL,
    inputs jsonb NOT NULL,
    actions jsonb NOT NULL,
    defaults jsonb NOT NULL,
    status character varying(16) NOT NULL,
    action_id character varying(64) NOT NULL,
    "values" jsonb NOT NULL,
    is_used boolean NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    run_id uuid NOT NULL
);
CREATE TABLE public.logs_message (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    version_id uuid NOT NULL,
    parent_message_id uuid,
    task_id uuid NOT NULL,
    invoke_from character varying(16) NOT NULL,
    end_user_id uuid,
    account_id uuid,
    inputs jsonb NOT NULL,
    query text NOT NULL,
    prompt jsonb NOT NULL,
    answer text NOT NULL,
    status character varying(16) NOT NULL,
    error_code character varying(64) NOT NULL,
    error text NOT NULL,
    provider character varying(64) NOT NULL,
    model character varying(255) NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    total_price numeric(14,7) NOT NULL,
    currency character varying(8) NOT NULL,
    reserved_price numeric(14,7) NOT NULL,
    latency_s double precision NOT NULL,
    time_to_first_token_s double precision,
    metadata jsonb NOT NULL,
    lease_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    conversation_id uuid,
    CONSTRAINT logs_message_completion_tokens_check CHECK ((completion_tokens >= 0)),
    CONSTRAINT logs_message_prompt_tokens_check CHECK ((prompt_tokens >= 0))
);
CREATE TABLE public.logs_messagefile (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    "position" smallint NOT NULL,
    type character varying(16) NOT NULL,
    transfer_method character varying(16) NOT NULL,
    belongs_to character varying(16) NOT NULL,
    url text NOT NULL,
    upload_file_id uuid,
    created_at timestamp with time zone NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT logs_messagefile_position_check CHECK (("position" >= 0))
);
CREATE TABLE public.logs_noderun (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    index integer NOT NULL,
    node_id character varying(255) NOT NULL,
    node_type character varying(64) NOT NULL,
    title character varying(255) NOT NULL,
    predecessor_node_id character varying(255) NOT NULL,
    inside_node_id character varying(255) NOT NULL,
    inputs jsonb,
    process_data jsonb,
    outputs jsonb,
    status character varying(24) NOT NULL,
    error text NOT NULL,
    elapsed_s double precision NOT NULL,
    metadata jsonb,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    run_id uuid NOT NULL,
    CONSTRAINT logs_noderun_index_check CHECK ((index >= 0))
);
CREATE TABLE public.logs_pausedrun (
    run_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    state bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.logs_savedmessage (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    end_user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    message_id uuid NOT NULL
);
CREATE TABLE public.logs_workflowrun (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    app_id uuid NOT NULL,
    version_id uuid NOT NULL,
    conversation_id uuid,
    message_id uuid,
    task_id uuid NOT NULL,
    invoke_from character varying(16) NOT NULL,
    end_user_id uuid,
    account_id uuid,
    inputs jsonb NOT NULL,
    outputs jsonb,
    status character varying(24) NOT NULL,
    error_code character varying(64) NOT NULL,
    error text NOT NULL,
    elapsed_s double precision NOT NULL,
    total_tokens bigint NOT NULL,
    total_price numeric(14,7) NOT NULL,
    currency character varying(8) NOT NULL,
    total_steps integer NOT NULL,
    exceptions_count integer NOT NULL,
    lease_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT logs_workflowrun_exceptions_count_check CHECK ((exceptions_count >= 0)),
    CONSTRAINT logs_workflowrun_total_steps_check CHECK ((total_steps >= 0)),
    CONSTRAINT logs_workflowrun_total_tokens_check CHECK ((total_tokens >= 0))
);
CREATE TABLE public.models_defaultmodel (
    id bigint NOT NULL,
    type character varying(32) NOT NULL,
    provider character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    workspace_id uuid NOT NULL
);
ALTER TABLE public.models_defaultmodel ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.models_defaultmodel_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.models_fallbackchain (
    id bigint NOT NULL,
    type character varying(32) NOT NULL,
    chain jsonb NOT NULL,
    workspace_id uuid NOT NULL
);
ALTER TABLE public.models_fallbackchain ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.models_fallbackchain_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.models_keytrouble (
    id bigint NOT NULL,
    model character varying(200) NOT NULL,
    kind character varying(32) NOT NULL,
    message text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    credential_id uuid NOT NULL
);
ALTER TABLE public.models_keytrouble ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.models_keytrouble_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.models_providercredential (
    id uuid NOT NULL,
    provider character varying(64) NOT NULL,
    encrypted bytea NOT NULL,
    validated_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    workspace_id uuid NOT NULL,
    is_enabled boolean NOT NULL,
    label character varying(60) NOT NULL
);
CREATE TABLE public.models_workspacemodel (
    id uuid NOT NULL,
    provider character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    type character varying(32) NOT NULL,
    context_tokens integer NOT NULL,
    max_output_tokens integer,
    dimensions integer,
    features jsonb NOT NULL,
    is_enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    workspace_id uuid NOT NULL,
    properties jsonb NOT NULL,
    encrypted bytea,
    CONSTRAINT models_workspacemodel_context_tokens_check CHECK ((context_tokens >= 0)),
    CONSTRAINT models_workspacemodel_dimensions_check CHECK ((dimensions >= 0)),
    CONSTRAINT models_workspacemodel_max_output_tokens_check CHECK ((max_output_tokens >= 0))
);
CREATE TABLE public.prompts_apitoken (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    created_by_id uuid,
    workspace_id uuid NOT NULL,
    app_id uuid
);
CREATE TABLE public.prompts_app (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    mode character varying(16) NOT NULL,
    description text NOT NULL,
    icon_type character varying(16) NOT NULL,
    icon character varying(255) NOT NULL,
    icon_background character varying(16) NOT NULL,
    use_icon_as_answer_icon boolean NOT NULL,
    enable_site boolean NOT NULL,
    enable_api boolean NOT NULL,
    site_code character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    workspace_id uuid NOT NULL,
    draft_id uuid,
    published_id uuid
);
CREATE TABLE public.prompts_apptemplate (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    description text NOT NULL,
    category character varying(50) NOT NULL,
    mode character varying(16) NOT NULL,
    icon_type character varying(16) NOT NULL,
    icon character varying(255) NOT NULL,
    icon_background character varying(16) NOT NULL,
    content text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.prompts_appversion (
    id uuid NOT NULL,
    number integer NOT NULL,
    config jsonb NOT NULL,
    is_release boolean NOT NULL,
    note character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    app_id uuid NOT NULL,
    created_by_id uuid,
    CONSTRAINT prompts_appversion_number_check CHECK ((number >= 0))
);
CREATE TABLE public.prompts_enduser (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    session_id character varying(255) NOT NULL,
    is_anonymous boolean NOT NULL,
    name character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    app_id uuid NOT NULL,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.prompts_site (
    app_id uuid NOT NULL,
    title character varying(255) NOT NULL,
    description text NOT NULL,
    icon_type character varying(16) NOT NULL,
    icon character varying(255) NOT NULL,
    icon_background character varying(16) NOT NULL,
    default_language character varying(16) NOT NULL,
    chat_color_theme character varying(16) NOT NULL,
    chat_color_theme_inverted boolean NOT NULL,
    copyright character varying(255) NOT NULL,
    privacy_policy character varying(2048) NOT NULL,
    custom_disclaimer character varying(512) NOT NULL,
    input_placeholder character varying(64) NOT NULL,
    show_workflow_steps boolean NOT NULL,
    prompt_public boolean NOT NULL,
    allowed_origins jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.workflows_firing (
    id uuid NOT NULL,
    key character varying(255) NOT NULL,
    status character varying(16) NOT NULL,
    error text NOT NULL,
    answer jsonb,
    attempt smallint NOT NULL,
    lease_owner uuid,
    lease_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    trigger_id uuid NOT NULL,
    CONSTRAINT workflows_firing_attempt_check CHECK ((attempt >= 0))
);
CREATE TABLE public.workflows_nodevalue (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    node_id character varying(255) NOT NULL,
    source character varying(8) NOT NULL,
    is_pinned boolean NOT NULL,
    outputs jsonb NOT NULL,
    details jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    account_id uuid NOT NULL,
    app_id uuid NOT NULL
);
CREATE TABLE public.workflows_trigger (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    node_id character varying(255) NOT NULL,
    kind character varying(64) NOT NULL,
    title character varying(255) NOT NULL,
    version_id uuid,
    data jsonb NOT NULL,
    is_enabled boolean NOT NULL,
    missed character varying(8) NOT NULL,
    next_run_at timestamp with time zone,
    token character varying(64) NOT NULL,
    debug_token character varying(64) NOT NULL,
    secret bytea,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    app_id uuid NOT NULL
);
CREATE TABLE public.workspaces_auditevent (
    id bigint NOT NULL,
    action character varying(64) NOT NULL,
    object_type character varying(32) NOT NULL,
    object_id character varying(64) NOT NULL,
    data jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id uuid,
    workspace_id uuid
);
ALTER TABLE public.workspaces_auditevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_auditevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_installation (
    id smallint NOT NULL,
    completed_at timestamp with time zone NOT NULL,
    CONSTRAINT workspaces_installation_id_check CHECK ((id >= 0)),
    CONSTRAINT workspaces_one_installation CHECK ((id = 1))
);
CREATE TABLE public.workspaces_invitation (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    role character varying(20) NOT NULL,
    digest character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    invited_by_id uuid,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.workspaces_membership (
    id bigint NOT NULL,
    role character varying(20) NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    workspace_id uuid NOT NULL
);
ALTER TABLE public.workspaces_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_signinattempt (
    id bigint NOT NULL,
    account character varying(254) NOT NULL,
    device character varying(32) NOT NULL,
    address inet NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.workspaces_signinattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_signinattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_tag (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    name character varying(50) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    workspace_id uuid NOT NULL
);
CREATE TABLE public.workspaces_tagbinding (
    id bigint NOT NULL,
    target_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tag_id uuid NOT NULL
);
ALTER TABLE public.workspaces_tagbinding ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_tagbinding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(100) NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    language character varying(16) NOT NULL,
    time_zone character varying(64) NOT NULL,
    CONSTRAINT workspaces_user_email_lower CHECK (((email)::text = lower((email)::text)))
);
CREATE TABLE public.workspaces_user_groups (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    group_id integer NOT NULL
);
ALTER TABLE public.workspaces_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_user_user_permissions (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.workspaces_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces_workspace (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    status character varying(16) NOT NULL,
    public_key text NOT NULL,
    wrapped_private_key bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_key UNIQUE NULLS NOT DISTINCT (workspace_id, scope, subject_id, period);
ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.billing_budgethold
    ADD CONSTRAINT billing_budgethold_pkey PRIMARY KEY (run_id, budget_id, subject_id);
ALTER TABLE ONLY public.billing_budgetspend
    ADD CONSTRAINT billing_budgetspend_pkey PRIMARY KEY (budget_id, subject_id, period_start);
ALTER TABLE ONLY public.billing_trialuse
    ADD CONSTRAINT billing_trial_key UNIQUE (workspace_id, provider);
ALTER TABLE ONLY public.billing_trialuse
    ADD CONSTRAINT billing_trialuse_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.billing_usage
    ADD CONSTRAINT billing_usage_key UNIQUE NULLS NOT DISTINCT (workspace_id, day, app_id, provider, model, type, currency);
ALTER TABLE ONLY public.billing_usage
    ADD CONSTRAINT billing_usage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dify_project_heartbeat
    ADD CONSTRAINT dify_project_heartbeat_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dify_project_heartbeat
    ADD CONSTRAINT dify_project_heartbeat_unique UNIQUE (part, host);
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_celery_beat_clockedschedule
    ADD CONSTRAINT django_celery_beat_clockedschedule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_celery_beat_crontabschedule
    ADD CONSTRAINT django_celery_beat_crontabschedule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_celery_beat_intervalschedule
    ADD CONSTRAINT django_celery_beat_intervalschedule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_periodictask_name_key UNIQUE (name);
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_periodictask_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_celery_beat_periodictasks
    ADD CONSTRAINT django_celery_beat_periodictasks_pkey PRIMARY KEY (ident);
ALTER TABLE ONLY public.django_celery_beat_solarschedule
    ADD CONSTRAINT django_celery_beat_solar_event_latitude_longitude_ba64999a_uniq UNIQUE (event, latitude, longitude);
ALTER TABLE ONLY public.django_celery_beat_solarschedule
    ADD CONSTRAINT django_celery_beat_solarschedule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.files_uploadfile
    ADD CONSTRAINT files_uploadfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.files_uploadfile
    ADD CONSTRAINT files_uploadfile_storage_key_key UNIQUE (storage_key);
ALTER TABLE ONLY public.knowledge_crawl
    ADD CONSTRAINT knowledge_crawl_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_crawledpage
    ADD CONSTRAINT knowledge_crawled_position UNIQUE (crawl_id, "position");
ALTER TABLE ONLY public.knowledge_crawledpage
    ADD CONSTRAINT knowledge_crawled_url UNIQUE (crawl_id, url);
ALTER TABLE ONLY public.knowledge_crawledpage
    ADD CONSTRAINT knowledge_crawledpage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_datasetmember
    ADD CONSTRAINT knowledge_dataset_member UNIQUE (dataset_id, user_id);
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_name UNIQUE (workspace_id, name);
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_datasetmember
    ADD CONSTRAINT knowledge_datasetmember_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_documentpart
    ADD CONSTRAINT knowledge_documentpart_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_externalknowledgeapi
    ADD CONSTRAINT knowledge_external_api_name UNIQUE (workspace_id, name);
ALTER TABLE ONLY public.knowledge_externalknowledgeapi
    ADD CONSTRAINT knowledge_externalknowledgeapi_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_indexchange
    ADD CONSTRAINT knowledge_indexchange_pkey PRIMARY KEY (dataset_id);
ALTER TABLE ONLY public.knowledge_lexicalstat
    ADD CONSTRAINT knowledge_lexicalstat_pkey PRIMARY KEY (dataset_id);
ALTER TABLE ONLY public.knowledge_metadatafield
    ADD CONSTRAINT knowledge_metadata_name UNIQUE (dataset_id, name);
ALTER TABLE ONLY public.knowledge_metadatafield
    ADD CONSTRAINT knowledge_metadatafield_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_documentpart
    ADD CONSTRAINT knowledge_part_position UNIQUE (document_id, "position");
ALTER TABLE ONLY public.knowledge_processrule
    ADD CONSTRAINT knowledge_processrule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_searchindex
    ADD CONSTRAINT knowledge_search_index UNIQUE (dataset_id, kind, model);
ALTER TABLE ONLY public.knowledge_searchindex
    ADD CONSTRAINT knowledge_searchindex_name_key UNIQUE (name);
ALTER TABLE ONLY public.knowledge_searchindex
    ADD CONSTRAINT knowledge_searchindex_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_segment
    ADD CONSTRAINT knowledge_segment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_segment
    ADD CONSTRAINT knowledge_segment_position UNIQUE NULLS NOT DISTINCT (document_id, parent_id, "position");
ALTER TABLE ONLY public.knowledge_segmentembedding
    ADD CONSTRAINT knowledge_segmentembedding_pkey PRIMARY KEY (segment_id, model);
ALTER TABLE ONLY public.knowledge_segmentlexical
    ADD CONSTRAINT knowledge_segmentlexical_pkey PRIMARY KEY (segment_id);
ALTER TABLE ONLY public.knowledge_sourceconnection
    ADD CONSTRAINT knowledge_source_account UNIQUE (workspace_id, source, account);
ALTER TABLE ONLY public.knowledge_sourceconnection
    ADD CONSTRAINT knowledge_sourceconnection_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knowledge_termstat
    ADD CONSTRAINT knowledge_termstat_pkey PRIMARY KEY (dataset_id, term);
ALTER TABLE ONLY public.logs_annotation
    ADD CONSTRAINT logs_annotation_message_id_key UNIQUE (message_id);
ALTER TABLE ONLY public.logs_annotation
    ADD CONSTRAINT logs_annotation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_bigvalue
    ADD CONSTRAINT logs_big_value_place UNIQUE (run_id, node_index, field);
ALTER TABLE ONLY public.logs_bigvalue
    ADD CONSTRAINT logs_bigvalue_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_conversation
    ADD CONSTRAINT logs_conversation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_feedback
    ADD CONSTRAINT logs_feedback_once UNIQUE (message_id, source);
ALTER TABLE ONLY public.logs_feedback
    ADD CONSTRAINT logs_feedback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_humanform
    ADD CONSTRAINT logs_humanform_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_humanform
    ADD CONSTRAINT logs_humanform_token_key UNIQUE (token);
ALTER TABLE ONLY public.logs_messagefile
    ADD CONSTRAINT logs_message_file_position UNIQUE (message_id, belongs_to, "position");
ALTER TABLE ONLY public.logs_message
    ADD CONSTRAINT logs_message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_message
    ADD CONSTRAINT logs_message_task_id_key UNIQUE (task_id);
ALTER TABLE ONLY public.logs_messagefile
    ADD CONSTRAINT logs_messagefile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_noderun
    ADD CONSTRAINT logs_node_run_index UNIQUE (run_id, index);
ALTER TABLE ONLY public.logs_noderun
    ADD CONSTRAINT logs_noderun_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_pausedrun
    ADD CONSTRAINT logs_pausedrun_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.logs_savedmessage
    ADD CONSTRAINT logs_saved_once UNIQUE (message_id, end_user_id);
ALTER TABLE ONLY public.logs_savedmessage
    ADD CONSTRAINT logs_savedmessage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_workflowrun
    ADD CONSTRAINT logs_workflowrun_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.logs_workflowrun
    ADD CONSTRAINT logs_workflowrun_task_id_key UNIQUE (task_id);
ALTER TABLE ONLY public.models_fallbackchain
    ADD CONSTRAINT models_chain_unique UNIQUE (workspace_id, type);
ALTER TABLE ONLY public.models_providercredential
    ADD CONSTRAINT models_credential_label_unique UNIQUE (workspace_id, provider, label);
ALTER TABLE ONLY public.models_defaultmodel
    ADD CONSTRAINT models_default_unique UNIQUE (workspace_id, type);
ALTER TABLE ONLY public.models_defaultmodel
    ADD CONSTRAINT models_defaultmodel_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.models_fallbackchain
    ADD CONSTRAINT models_fallbackchain_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.models_keytrouble
    ADD CONSTRAINT models_keytrouble_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.models_workspacemodel
    ADD CONSTRAINT models_model_unique UNIQUE (workspace_id, provider, type, name);
ALTER TABLE ONLY public.models_providercredential
    ADD CONSTRAINT models_providercredential_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.models_keytrouble
    ADD CONSTRAINT models_trouble_unique UNIQUE (credential_id, model);
ALTER TABLE ONLY public.models_workspacemodel
    ADD CONSTRAINT models_workspacemodel_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_apitoken
    ADD CONSTRAINT prompts_apitoken_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.prompts_apitoken
    ADD CONSTRAINT prompts_apitoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_site_code_key UNIQUE (site_code);
ALTER TABLE ONLY public.prompts_apptemplate
    ADD CONSTRAINT prompts_apptemplate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_appversion
    ADD CONSTRAINT prompts_appversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_enduser
    ADD CONSTRAINT prompts_enduser_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.prompts_site
    ADD CONSTRAINT prompts_site_pkey PRIMARY KEY (app_id);
ALTER TABLE ONLY public.prompts_appversion
    ADD CONSTRAINT prompts_version_number UNIQUE (app_id, number);
ALTER TABLE ONLY public.workflows_firing
    ADD CONSTRAINT workflows_firing_once UNIQUE (trigger_id, key);
ALTER TABLE ONLY public.workflows_firing
    ADD CONSTRAINT workflows_firing_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflows_nodevalue
    ADD CONSTRAINT workflows_node_value_once UNIQUE (app_id, account_id, node_id);
ALTER TABLE ONLY public.workflows_nodevalue
    ADD CONSTRAINT workflows_nodevalue_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflows_trigger
    ADD CONSTRAINT workflows_trigger_debug_token_key UNIQUE (debug_token);
ALTER TABLE ONLY public.workflows_trigger
    ADD CONSTRAINT workflows_trigger_node UNIQUE (app_id, node_id);
ALTER TABLE ONLY public.workflows_trigger
    ADD CONSTRAINT workflows_trigger_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflows_trigger
    ADD CONSTRAINT workflows_trigger_token_key UNIQUE (token);
ALTER TABLE ONLY public.workspaces_auditevent
    ADD CONSTRAINT workspaces_auditevent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_installation
    ADD CONSTRAINT workspaces_installation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_invitation
    ADD CONSTRAINT workspaces_invitation_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.workspaces_invitation
    ADD CONSTRAINT workspaces_invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_invitation
    ADD CONSTRAINT workspaces_invitation_unique UNIQUE (workspace_id, email);
ALTER TABLE ONLY public.workspaces_membership
    ADD CONSTRAINT workspaces_membership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_membership
    ADD CONSTRAINT workspaces_membership_unique UNIQUE (workspace_id, user_id);
ALTER TABLE ONLY public.workspaces_signinattempt
    ADD CONSTRAINT workspaces_signinattempt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_tagbinding
    ADD CONSTRAINT workspaces_tag_once UNIQUE (tag_id, target_id);
ALTER TABLE ONLY public.workspaces_tag
    ADD CONSTRAINT workspaces_tag_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_tagbinding
    ADD CONSTRAINT workspaces_tagbinding_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_user
    ADD CONSTRAINT workspaces_user_email_key UNIQUE (email);
ALTER TABLE ONLY public.workspaces_user_groups
    ADD CONSTRAINT workspaces_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_user_groups
    ADD CONSTRAINT workspaces_user_groups_user_id_group_id_0b58b092_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.workspaces_user
    ADD CONSTRAINT workspaces_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_user_user_permissions
    ADD CONSTRAINT workspaces_user_user_per_user_id_permission_id_09b3821a_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.workspaces_user_user_permissions
    ADD CONSTRAINT workspaces_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces_workspace
    ADD CONSTRAINT workspaces_workspace_pkey PRIMARY KEY (id);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX billing_budget_workspace_id_3a266cba ON public.billing_budget USING btree (workspace_id);
CREATE INDEX billing_trialuse_workspace_id_26e1f0c9 ON public.billing_trialuse USING btree (workspace_id);
CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);
CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);
CREATE INDEX django_celery_beat_periodictask_clocked_id_47a69f82 ON public.django_celery_beat_periodictask USING btree (clocked_id);
CREATE INDEX django_celery_beat_periodictask_crontab_id_d3cba168 ON public.django_celery_beat_periodictask USING btree (crontab_id);
CREATE INDEX django_celery_beat_periodictask_interval_id_a8ca27da ON public.django_celery_beat_periodictask USING btree (interval_id);
CREATE INDEX django_celery_beat_periodictask_name_265a36b7_like ON public.django_celery_beat_periodictask USING btree (name varchar_pattern_ops);
CREATE INDEX django_celery_beat_periodictask_solar_id_a87ce72c ON public.django_celery_beat_periodictask USING btree (solar_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX files_uploadfile_storage_key_e5628621_like ON public.files_uploadfile USING btree (storage_key varchar_pattern_ops);
CREATE INDEX files_uploadfile_workspace_id_e321a6e0 ON public.files_uploadfile USING btree (workspace_id);
CREATE UNIQUE INDEX knowledge_child_position ON public.knowledge_segment USING btree (parent_id, "position") WHERE (NOT (parent_id IS NULL));
CREATE INDEX knowledge_crawl_created_by_id_da0d6450 ON public.knowledge_crawl USING btree (created_by_id);
CREATE INDEX knowledge_crawl_workspace_id_f9a35429 ON public.knowledge_crawl USING btree (workspace_id);
CREATE INDEX knowledge_dataset_created_by_id_726ad6bc ON public.knowledge_dataset USING btree (created_by_id);
CREATE INDEX knowledge_dataset_external_api_id_ce464f7e ON public.knowledge_dataset USING btree (external_api_id);
CREATE INDEX knowledge_dataset_updated_by_id_99661834 ON public.knowledge_dataset USING btree (updated_by_id);
CREATE INDEX knowledge_dataset_workspace_id_f022e973 ON public.knowledge_dataset USING btree (workspace_id);
CREATE INDEX knowledge_datasetmember_user_id_d85e61d9 ON public.knowledge_datasetmember USING btree (user_id);
CREATE INDEX knowledge_document_batch ON public.knowledge_document USING btree (dataset_id, batch);
CREATE INDEX knowledge_document_created_by_id_5b407da1 ON public.knowledge_document USING btree (created_by_id);
CREATE INDEX knowledge_document_position ON public.knowledge_document USING btree (dataset_id, "position");
CREATE INDEX knowledge_document_process_rule_id_c84a02d7 ON public.knowledge_document USING btree (process_rule_id);
CREATE INDEX knowledge_document_recent ON public.knowledge_document USING btree (dataset_id, created_at DESC);
CREATE INDEX knowledge_document_replaces_id_32e4545b ON public.knowledge_document USING btree (replaces_id);
CREATE INDEX knowledge_document_source_id_0a1d3070 ON public.knowledge_document USING btree (source_id);
CREATE INDEX knowledge_document_unfinished ON public.knowledge_document USING btree (created_at) WHERE ((indexing_status)::text = ANY (ARRAY[('waiting'::character varying)::text, ('parsing'::character varying)::text, ('cleaning'::character varying)::text, ('splitting'::character varying)::text, ('indexing'::character varying)::text]));
CREATE INDEX knowledge_document_upload_file_id_239af43e ON public.knowledge_document USING btree (upload_file_id);
CREATE INDEX knowledge_document_workspace_id_5471460e ON public.knowledge_document USING btree (workspace_id);
CREATE INDEX knowledge_externalknowledgeapi_created_by_id_c4bdafaf ON public.knowledge_externalknowledgeapi USING btree (created_by_id);
CREATE INDEX knowledge_externalknowledgeapi_workspace_id_7989717e ON public.knowledge_externalknowledgeapi USING btree (workspace_id);
CREATE INDEX knowledge_indexchange_created_by_id_1ab03d32 ON public.knowledge_indexchange USING btree (created_by_id);
CREATE INDEX knowledge_metadatafield_created_by_id_544d54a1 ON public.knowledge_metadatafield USING btree (created_by_id);
CREATE INDEX knowledge_processrule_created_by_id_34017c78 ON public.knowledge_processrule USING btree (created_by_id);
CREATE INDEX knowledge_processrule_dataset_id_a5ed119e ON public.knowledge_processrule USING btree (dataset_id);
CREATE INDEX knowledge_searchindex_name_304d207c_like ON public.knowledge_searchindex USING btree (name varchar_pattern_ops);
CREATE INDEX knowledge_segment_dataset_id_e1e21a12 ON public.knowledge_segment USING btree (dataset_id);
CREATE INDEX knowledge_segment_digest ON public.knowledge_segment USING hash (index_node_hash);
CREATE INDEX knowledge_segmentembedding_dataset_id_08a61279 ON public.knowledge_segmentembedding USING btree (dataset_id);
CREATE INDEX knowledge_segmentlexical_dataset_id_6698489a ON public.knowledge_segmentlexical USING btree (dataset_id);
CREATE INDEX knowledge_sourceconnection_created_by_id_77edbac3 ON public.knowledge_sourceconnection USING btree (created_by_id);
CREATE INDEX knowledge_sourceconnection_workspace_id_ae5194f9 ON public.knowledge_sourceconnection USING btree (workspace_id);
CREATE INDEX logs_annotation_recent ON public.logs_annotation USING btree (app_id, created_at DESC);
CREATE INDEX logs_bigvalue_app_id_d20dd4a2 ON public.logs_bigvalue USING btree (app_id);
CREATE INDEX logs_conversation_of_user ON public.logs_conversation USING btree (app_id, end_user_id, updated_at DESC);
CREATE INDEX logs_conversation_recent ON public.logs_conversation USING btree (app_id, created_at DESC);
CREATE INDEX logs_feedback_message_id_41007938 ON public.logs_feedback USING btree (message_id);
CREATE INDEX logs_feedback_recent ON public.logs_feedback USING btree (app_id, created_at DESC);
CREATE INDEX logs_form_waiting ON public.logs_humanform USING btree (expires_at) WHERE ((status)::text = 'waiting'::text);
CREATE INDEX logs_humanform_app_id_eb46743d ON public.logs_humanform USING btree (app_id);
CREATE INDEX logs_humanform_run_id_2c047d6c ON public.logs_humanform USING btree (run_id);
CREATE INDEX logs_humanform_token_747afacd_like ON public.logs_humanform USING btree (token varchar_pattern_ops);
CREATE INDEX logs_message_conversation_id_35c66670 ON public.logs_message USING btree (conversation_id);
CREATE INDEX logs_message_in_conversation ON public.logs_message USING btree (conversation_id, created_at);
CREATE INDEX logs_message_recent ON public.logs_message USING btree (app_id, created_at DESC);
CREATE INDEX logs_message_running ON public.logs_message USING btree (lease_until) WHERE ((status)::text = 'running'::text);
CREATE INDEX logs_messagefile_message_id_4e12cd98 ON public.logs_messagefile USING btree (message_id);
CREATE INDEX logs_messagefile_upload_file_id_8e1b13f2 ON public.logs_messagefile USING btree (upload_file_id);
CREATE INDEX logs_node_run_of_app ON public.logs_noderun USING btree (app_id);
CREATE INDEX logs_pausedrun_app_id_457fca19 ON public.logs_pausedrun USING btree (app_id);
CREATE INDEX logs_run_of_message ON public.logs_workflowrun USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX logs_run_recent ON public.logs_workflowrun USING btree (app_id, created_at DESC);
CREATE INDEX logs_run_running ON public.logs_workflowrun USING btree (lease_until) WHERE ((status)::text = 'running'::text);
CREATE INDEX logs_run_tried ON public.logs_workflowrun USING btree (app_id, account_id, created_at DESC) WHERE ((invoke_from)::text = 'debugger'::text);
CREATE INDEX logs_saved_recent ON public.logs_savedmessage USING btree (app_id, end_user_id, created_at DESC);
CREATE INDEX logs_savedmessage_message_id_dd3f7f2c ON public.logs_savedmessage USING btree (message_id);
CREATE INDEX models_defaultmodel_workspace_id_9e41111b ON public.models_defaultmodel USING btree (workspace_id);
CREATE INDEX models_fallbackchain_workspace_id_fb444598 ON public.models_fallbackchain USING btree (workspace_id);
CREATE INDEX models_keytrouble_credential_id_900b26ce ON public.models_keytrouble USING btree (credential_id);
CREATE INDEX models_providercredential_workspace_id_e59ae2ff ON public.models_providercredential USING btree (workspace_id);
CREATE INDEX models_workspacemodel_workspace_id_a335e79d ON public.models_workspacemodel USING btree (workspace_id);
CREATE INDEX prompts_apitoken_app_id_c2151ca0 ON public.prompts_apitoken USING btree (app_id);
CREATE INDEX prompts_apitoken_created_by_id_23740924 ON public.prompts_apitoken USING btree (created_by_id);
CREATE INDEX prompts_apitoken_digest_e2b0c047_like ON public.prompts_apitoken USING btree (digest varchar_pattern_ops);
CREATE INDEX prompts_apitoken_workspace_id_460798f5 ON public.prompts_apitoken USING btree (workspace_id);
CREATE INDEX prompts_app_created_by_id_3fb00eb6 ON public.prompts_app USING btree (created_by_id);
CREATE INDEX prompts_app_draft_id_40ab201d ON public.prompts_app USING btree (draft_id);
CREATE INDEX prompts_app_published_id_27ff8c17 ON public.prompts_app USING btree (published_id);
CREATE INDEX prompts_app_recent ON public.prompts_app USING btree (workspace_id, created_at DESC);
CREATE INDEX prompts_app_site_code_690fb948_like ON public.prompts_app USING btree (site_code varchar_pattern_ops);
CREATE INDEX prompts_app_workspace_id_6418150c ON public.prompts_app USING btree (workspace_id);
CREATE INDEX prompts_apptemplate_created_by_id_7f7d8c21 ON public.prompts_apptemplate USING btree (created_by_id);
CREATE INDEX prompts_apptemplate_workspace_id_44033b33 ON public.prompts_apptemplate USING btree (workspace_id);
CREATE INDEX prompts_appversion_app_id_460a7030 ON public.prompts_appversion USING btree (app_id);
CREATE INDEX prompts_appversion_created_by_id_d695c393 ON public.prompts_appversion USING btree (created_by_id);
CREATE INDEX prompts_enduser_app_id_585b85b1 ON public.prompts_enduser USING btree (app_id);
CREATE INDEX prompts_enduser_workspace_id_9c5079df ON public.prompts_enduser USING btree (workspace_id);
CREATE INDEX prompts_template_recent ON public.prompts_apptemplate USING btree (workspace_id, created_at DESC);
CREATE INDEX workflows_firing_age ON public.workflows_firing USING btree (created_at);
CREATE INDEX workflows_firing_recent ON public.workflows_firing USING btree (trigger_id, created_at DESC);
CREATE INDEX workflows_firing_waiting ON public.workflows_firing USING btree (lease_until) WHERE ((status)::text = 'waiting'::text);
CREATE INDEX workflows_nodevalue_account_id_88b791b6 ON public.workflows_nodevalue USING btree (account_id);
CREATE INDEX workflows_nodevalue_app_id_76e4602f ON public.workflows_nodevalue USING btree (app_id);
CREATE INDEX workflows_trigger_app_id_461b5906 ON public.workflows_trigger USING btree (app_id);
CREATE INDEX workflows_trigger_debug_token_4b1e9aa3_like ON public.workflows_trigger USING btree (debug_token varchar_pattern_ops);
CREATE INDEX workflows_trigger_due ON public.workflows_trigger USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);
CREATE INDEX workflows_trigger_token_2e9e8578_like ON public.workflows_trigger USING btree (token varchar_pattern_ops);
CREATE INDEX workspaces_attempt_account ON public.workspaces_signinattempt USING btree (account, created_at DESC);
CREATE INDEX workspaces_attempt_address ON public.workspaces_signinattempt USING btree (address, created_at DESC);
CREATE INDEX workspaces_audit_recent ON public.workspaces_auditevent USING btree (workspace_id, created_at DESC);
CREATE INDEX workspaces_auditevent_user_id_5b530601 ON public.workspaces_auditevent USING btree (user_id);
CREATE INDEX workspaces_auditevent_workspace_id_142e9c1a ON public.workspaces_auditevent USING btree (workspace_id);
CREATE INDEX workspaces_invitation_digest_17121a52_like ON public.workspaces_invitation USING btree (digest varchar_pattern_ops);
CREATE INDEX workspaces_invitation_invited_by_id_e6ce80bf ON public.workspaces_invitation USING btree (invited_by_id);
CREATE INDEX workspaces_invitation_workspace_id_5f5d7eee ON public.workspaces_invitation USING btree (workspace_id);
CREATE INDEX workspaces_membership_user_id_96a9ee37 ON public.workspaces_membership USING btree (user_id);
CREATE INDEX workspaces_membership_workspace_id_03c7ef39 ON public.workspaces_membership USING btree (workspace_id);
CREATE UNIQUE INDEX workspaces_one_owner ON public.workspaces_membership USING btree (workspace_id) WHERE ((role)::text = 'owner'::text);
CREATE INDEX workspaces_tag_created_by_id_e7d00988 ON public.workspaces_tag USING btree (created_by_id);
CREATE UNIQUE INDEX workspaces_tag_unique ON public.workspaces_tag USING btree (workspace_id, kind, lower((name)::text));
CREATE INDEX workspaces_tag_workspace_id_5345d625 ON public.workspaces_tag USING btree (workspace_id);
CREATE INDEX workspaces_tagbinding_tag_id_2b33ac7e ON public.workspaces_tagbinding USING btree (tag_id);
CREATE INDEX workspaces_tagbinding_target_id_84c49aa4 ON public.workspaces_tagbinding USING btree (target_id);
CREATE INDEX workspaces_user_email_b817d139_like ON public.workspaces_user USING btree (email varchar_pattern_ops);
CREATE INDEX workspaces_user_groups_group_id_b23d60db ON public.workspaces_user_groups USING btree (group_id);
CREATE INDEX workspaces_user_groups_user_id_4ba6664c ON public.workspaces_user_groups USING btree (user_id);
CREATE INDEX workspaces_user_user_permissions_permission_id_838e521f ON public.workspaces_user_user_permissions USING btree (permission_id);
CREATE INDEX workspaces_user_user_permissions_user_id_b1cea117 ON public.workspaces_user_user_permissions USING btree (user_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_workspace_id_3a266cba_fk_workspaces_workspace_id FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.billing_trialuse
    ADD CONSTRAINT billing_trialuse_workspace_id_26e1f0c9_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_workspaces_user_id FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_clocked_id_47a69f82_fk_django_ce FOREIGN KEY (clocked_id) REFERENCES public.django_celery_beat_clockedschedule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_crontab_id_d3cba168_fk_django_ce FOREIGN KEY (crontab_id) REFERENCES public.django_celery_beat_crontabschedule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_interval_id_a8ca27da_fk_django_ce FOREIGN KEY (interval_id) REFERENCES public.django_celery_beat_intervalschedule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_solar_id_a87ce72c_fk_django_ce FOREIGN KEY (solar_id) REFERENCES public.django_celery_beat_solarschedule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.files_uploadfile
    ADD CONSTRAINT files_uploadfile_workspace_id_e321a6e0_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_crawl
    ADD CONSTRAINT knowledge_crawl_created_by_id_da0d6450_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_crawl
    ADD CONSTRAINT knowledge_crawl_workspace_id_f9a35429_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_crawledpage
    ADD CONSTRAINT knowledge_crawledpage_crawl_id_447c2409_fk_knowledge_crawl_id FOREIGN KEY (crawl_id) REFERENCES public.knowledge_crawl(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_created_by_id_726ad6bc_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_external_api_id_ce464f7e_fk_knowledge FOREIGN KEY (external_api_id) REFERENCES public.knowledge_externalknowledgeapi(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_updated_by_id_99661834_fk_workspaces_user_id FOREIGN KEY (updated_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_dataset
    ADD CONSTRAINT knowledge_dataset_workspace_id_f022e973_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_datasetmember
    ADD CONSTRAINT knowledge_datasetmem_dataset_id_05b8d971_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_datasetmember
    ADD CONSTRAINT knowledge_datasetmember_user_id_d85e61d9_fk_workspaces_user_id FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_created_by_id_5b407da1_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_dataset_id_c627e53d_fk_knowledge_dataset_id FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_process_rule_id_c84a02d7_fk_knowledge FOREIGN KEY (process_rule_id) REFERENCES public.knowledge_processrule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_replaces_id_32e4545b_fk_knowledge FOREIGN KEY (replaces_id) REFERENCES public.knowledge_document(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_source_id_0a1d3070_fk_knowledge FOREIGN KEY (source_id) REFERENCES public.knowledge_sourceconnection(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_upload_file_id_239af43e_fk_files_upl FOREIGN KEY (upload_file_id) REFERENCES public.files_uploadfile(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_document
    ADD CONSTRAINT knowledge_document_workspace_id_5471460e_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_documentpart
    ADD CONSTRAINT knowledge_documentpa_document_id_8081313f_fk_knowledge FOREIGN KEY (document_id) REFERENCES public.knowledge_document(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_externalknowledgeapi
    ADD CONSTRAINT knowledge_externalkn_created_by_id_c4bdafaf_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_externalknowledgeapi
    ADD CONSTRAINT knowledge_externalkn_workspace_id_7989717e_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_indexchange
    ADD CONSTRAINT knowledge_indexchang_created_by_id_1ab03d32_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_indexchange
    ADD CONSTRAINT knowledge_indexchang_dataset_id_b43254bb_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_lexicalstat
    ADD CONSTRAINT knowledge_lexicalsta_dataset_id_31589fda_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_metadatafield
    ADD CONSTRAINT knowledge_metadatafi_created_by_id_544d54a1_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_metadatafield
    ADD CONSTRAINT knowledge_metadatafi_dataset_id_71f4f4a8_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_processrule
    ADD CONSTRAINT knowledge_processrul_created_by_id_34017c78_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_processrule
    ADD CONSTRAINT knowledge_processrul_dataset_id_a5ed119e_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_searchindex
    ADD CONSTRAINT knowledge_searchinde_dataset_id_2d01fd02_fk_knowledge FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_segment
    ADD CONSTRAINT knowledge_segment_dataset_id_e1e21a12_fk_knowledge_dataset_id FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_segment
    ADD CONSTRAINT knowledge_segment_document_id_6ca0d9d5_fk_knowledge_document_id FOREIGN KEY (document_id) REFERENCES public.knowledge_document(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_segment
    ADD CONSTRAINT knowledge_segment_parent_id_b3b4dc82_fk_knowledge_segment_id FOREIGN KEY (parent_id) REFERENCES public.knowledge_segment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_segmentembedding
    ADD CONSTRAINT knowledge_segmentemb_segment_id_c34dcb1a_fk_knowledge FOREIGN KEY (segment_id) REFERENCES public.knowledge_segment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_segmentlexical
    ADD CONSTRAINT knowledge_segmentlex_segment_id_6d52a2cd_fk_knowledge FOREIGN KEY (segment_id) REFERENCES public.knowledge_segment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_sourceconnection
    ADD CONSTRAINT knowledge_sourceconn_created_by_id_77edbac3_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_sourceconnection
    ADD CONSTRAINT knowledge_sourceconn_workspace_id_ae5194f9_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.knowledge_termstat
    ADD CONSTRAINT knowledge_termstat_dataset_id_6f9832d1_fk_knowledge_dataset_id FOREIGN KEY (dataset_id) REFERENCES public.knowledge_dataset(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_annotation
    ADD CONSTRAINT logs_annotation_message_id_ce078b7d_fk_logs_message_id FOREIGN KEY (message_id) REFERENCES public.logs_message(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_bigvalue
    ADD CONSTRAINT logs_bigvalue_run_id_03513aeb_fk_logs_workflowrun_id FOREIGN KEY (run_id) REFERENCES public.logs_workflowrun(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_feedback
    ADD CONSTRAINT logs_feedback_message_id_41007938_fk_logs_message_id FOREIGN KEY (message_id) REFERENCES public.logs_message(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_humanform
    ADD CONSTRAINT logs_humanform_run_id_2c047d6c_fk_logs_workflowrun_id FOREIGN KEY (run_id) REFERENCES public.logs_workflowrun(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_message
    ADD CONSTRAINT logs_message_conversation_id_35c66670_fk_logs_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.logs_conversation(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_messagefile
    ADD CONSTRAINT logs_messagefile_message_id_4e12cd98_fk_logs_message_id FOREIGN KEY (message_id) REFERENCES public.logs_message(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_noderun
    ADD CONSTRAINT logs_noderun_run_id_0a467294_fk_logs_workflowrun_id FOREIGN KEY (run_id) REFERENCES public.logs_workflowrun(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_pausedrun
    ADD CONSTRAINT logs_pausedrun_run_id_be712433_fk_logs_workflowrun_id FOREIGN KEY (run_id) REFERENCES public.logs_workflowrun(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.logs_savedmessage
    ADD CONSTRAINT logs_savedmessage_message_id_dd3f7f2c_fk_logs_message_id FOREIGN KEY (message_id) REFERENCES public.logs_message(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.models_defaultmodel
    ADD CONSTRAINT models_defaultmodel_workspace_id_9e41111b_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.models_fallbackchain
    ADD CONSTRAINT models_fallbackchain_workspace_id_fb444598_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.models_keytrouble
    ADD CONSTRAINT models_keytrouble_credential_id_900b26ce_fk_models_pr FOREIGN KEY (credential_id) REFERENCES public.models_providercredential(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.models_providercredential
    ADD CONSTRAINT models_providercrede_workspace_id_e59ae2ff_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.models_workspacemodel
    ADD CONSTRAINT models_workspacemode_workspace_id_a335e79d_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_apitoken
    ADD CONSTRAINT prompts_apitoken_app_id_c2151ca0_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_apitoken
    ADD CONSTRAINT prompts_apitoken_created_by_id_23740924_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_apitoken
    ADD CONSTRAINT prompts_apitoken_workspace_id_460798f5_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_created_by_id_3fb00eb6_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_draft_id_40ab201d_fk_prompts_appversion_id FOREIGN KEY (draft_id) REFERENCES public.prompts_appversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_published_id_27ff8c17_fk_prompts_appversion_id FOREIGN KEY (published_id) REFERENCES public.prompts_appversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_app
    ADD CONSTRAINT prompts_app_workspace_id_6418150c_fk_workspaces_workspace_id FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_apptemplate
    ADD CONSTRAINT prompts_apptemplate_created_by_id_7f7d8c21_fk_workspace FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_apptemplate
    ADD CONSTRAINT prompts_apptemplate_workspace_id_44033b33_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_appversion
    ADD CONSTRAINT prompts_appversion_app_id_460a7030_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_appversion
    ADD CONSTRAINT prompts_appversion_created_by_id_d695c393_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_enduser
    ADD CONSTRAINT prompts_enduser_app_id_585b85b1_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_enduser
    ADD CONSTRAINT prompts_enduser_workspace_id_9c5079df_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.prompts_site
    ADD CONSTRAINT prompts_site_app_id_27e974db_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workflows_firing
    ADD CONSTRAINT workflows_firing_trigger_id_0f5a7e7a_fk_workflows_trigger_id FOREIGN KEY (trigger_id) REFERENCES public.workflows_trigger(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workflows_nodevalue
    ADD CONSTRAINT workflows_nodevalue_account_id_88b791b6_fk_workspaces_user_id FOREIGN KEY (account_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workflows_nodevalue
    ADD CONSTRAINT workflows_nodevalue_app_id_76e4602f_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workflows_trigger
    ADD CONSTRAINT workflows_trigger_app_id_461b5906_fk_prompts_app_id FOREIGN KEY (app_id) REFERENCES public.prompts_app(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_auditevent
    ADD CONSTRAINT workspaces_auditeven_workspace_id_142e9c1a_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_auditevent
    ADD CONSTRAINT workspaces_auditevent_user_id_5b530601_fk_workspaces_user_id FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_invitation
    ADD CONSTRAINT workspaces_invitatio_invited_by_id_e6ce80bf_fk_workspace FOREIGN KEY (invited_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_invitation
    ADD CONSTRAINT workspaces_invitatio_workspace_id_5f5d7eee_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_membership
    ADD CONSTRAINT workspaces_membershi_workspace_id_03c7ef39_fk_workspace FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_membership
    ADD CONSTRAINT workspaces_membership_user_id_96a9ee37_fk_workspaces_user_id FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_tag
    ADD CONSTRAINT workspaces_tag_created_by_id_e7d00988_fk_workspaces_user_id FOREIGN KEY (created_by_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_tag
    ADD CONSTRAINT workspaces_tag_workspace_id_5345d625_fk_workspaces_workspace_id FOREIGN KEY (workspace_id) REFERENCES public.workspaces_workspace(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_tagbinding
    ADD CONSTRAINT workspaces_tagbinding_tag_id_2b33ac7e_fk_workspaces_tag_id FOREIGN KEY (tag_id) REFERENCES public.workspaces_tag(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_user_groups
    ADD CONSTRAINT workspaces_user_groups_group_id_b23d60db_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_user_groups
    ADD CONSTRAINT workspaces_user_groups_user_id_4ba6664c_fk_workspaces_user_id FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_user_user_permissions
    ADD CONSTRAINT workspaces_user_user_permission_id_838e521f_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.workspaces_user_user_permissions
    ADD CONSTRAINT workspaces_user_user_user_id_b1cea117_fk_workspace FOREIGN KEY (user_id) REFERENCES public.workspaces_user(id) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO public.django_migrations (app, name, applied) VALUES
    ('contenttypes', '0001_initial', now()),
    ('contenttypes', '0002_remove_content_type_name', now()),
    ('auth', '0001_initial', now()),
    ('auth', '0002_alter_permission_name_max_length', now()),
    ('auth', '0003_alter_user_email_max_length', now()),
    ('auth', '0004_alter_user_username_opts', now()),
    ('auth', '0005_alter_user_last_login_null', now()),
    ('auth', '0006_require_contenttypes_0002', now()),
    ('auth', '0007_alter_validators_add_error_messages', now()),
    ('auth', '0008_alter_user_username_max_length', now()),
    ('auth', '0009_alter_user_last_name_max_length', now()),
    ('auth', '0010_alter_group_name_max_length', now()),
    ('auth', '0011_update_proxy_permissions', now()),
    ('auth', '0012_alter_user_first_name_max_length', now()),
    ('workspaces', '0001_initial', now()),
    ('admin', '0001_initial', now()),
    ('admin', '0002_logentry_remove_auto_add', now()),
    ('admin', '0003_logentry_add_action_flag_choices', now()),
    ('workspaces', '0002_tags', now()),
    ('workspaces', '0003_languages_and_invitations', now()),
    ('billing', '0001_initial', now()),
    ('billing', '0002_holds', now()),
    ('billing', '0003_plans', now()),
    ('billing', '0004_fewer_indexes', now()),
    ('dify_project', '0001_initial', now()),
    ('django_celery_beat', '0001_initial', now()),
    ('django_celery_beat', '0002_auto_20161118_0346', now()),
    ('django_celery_beat', '0003_auto_20161209_0049', now()),
    ('django_celery_beat', '0004_auto_20170221_0000', now()),
    ('django_celery_beat', '0005_add_solarschedule_events_choices', now()),
    ('django_celery_beat', '0006_auto_20180322_0932', now()),
    ('django_celery_beat', '0007_auto_20180521_0826', now()),
    ('django_celery_beat', '0008_auto_20180914_1922', now()),
    ('django_celery_beat', '0006_auto_20180210_1226', now()),
    ('django_celery_beat', '0006_periodictask_priority', now()),
    ('django_celery_beat', '0009_periodictask_headers', now()),
    ('django_celery_beat', '0010_auto_20190429_0326', now()),
    ('django_celery_beat', '0011_auto_20190508_0153', now()),
    ('django_celery_beat', '0012_periodictask_expire_seconds', now()),
    ('django_celery_beat', '0013_auto_20200609_0727', now()),
    ('django_celery_beat', '0014_remove_clockedschedule_enabled', now()),
    ('django_celery_beat', '0015_edit_solarschedule_events_choices', now()),
    ('django_celery_beat', '0016_alter_crontabschedule_timezone', now()),
    ('django_celery_beat', '0017_alter_crontabschedule_month_of_year', now()),
    ('django_celery_beat', '0018_improve_crontab_helptext', now()),
    ('django_celery_beat', '0019_alter_periodictasks_options', now()),
    ('files', '0001_initial', now()),
    ('knowledge', '0001_initial', now()),
    ('knowledge', '0002_parents_sources_and_metadata', now()),
    ('knowledge', '0003_segment_metadata', now()),
    ('knowledge', '0004_documents_by_position_and_batch', now()),
    ('logs', '0001_initial', now()),
    ('logs', '0002_files_feedback_saved', now()),
    ('logs', '0003_annotations', now()),
    ('logs', '0004_workflow_runs', now()),
    ('logs', '0005_conversation_variables', now()),
    ('logs', '0006_paused_runs', now()),
    ('logs', '0007_big_values', now()),
    ('logs', '0008_debugger_runs', now()),
    ('models', '0001_initial', now()),
    ('models', '0002_model_properties', now()),
    ('models', '0003_keys_and_chains', now()),
    ('prompts', '0001_initial', now()),
    ('prompts', '0002_sites_and_templates', now()),
    ('sessions', '0001_initial', now()),
    ('workflows', '0001_triggers', now()),
    ('workflows', '0002_node_values', now());
