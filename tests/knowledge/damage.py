"""SQL that plants each kind of damage `fsck` is to find: a line with the check's place, then statements."""

from typing import Final

from apps.common.ids import new_id

_PLANTED: Final = """
billing.budgets/holds_without_run
    insert into billing_budgethold (run_id, budget_id, subject_id, period_start, amount_usd)
        values ('NEW', 'NEW', 'NEW', current_date, 1);
billing.budgets/wrong_held
    insert into billing_budgetspend (budget_id, subject_id, period_start, spent_usd, held_usd)
        values ('NEW', 'NEW', current_date, 0, 5);
billing.budgets/spent_without_budget
    insert into billing_budgetspend (budget_id, subject_id, period_start, spent_usd, held_usd)
        values ('NEW', 'NEW', current_date, 1, 0);
knowledge.segments/without_document
    update knowledge_segment set document_id = 'NEW' where id = (SEGMENT);
knowledge.segments/without_parent
    update knowledge_segment set parent_id = 'NEW' where parent_id is not null;
knowledge.segments/elsewhere
    update knowledge_segment set workspace_id = 'NEW' where id = (SEGMENT);
knowledge.segments/foreign_parent
    update knowledge_segment set parent_id = (select s.id from knowledge_segment s join knowledge_document d on
        d.id = s.document_id where d.name = 'Text' limit 1) where parent_id is not null;
knowledge.segments/unfinished
    update knowledge_segment set status = 'waiting' where id = (SEGMENT);
    update knowledge_document set completed_at = now() - interval '1 hour';
knowledge.entries/words_without_segment
    update knowledge_segmentlexical set segment_id = 'NEW' where segment_id = (SEGMENT);
knowledge.entries/vectors_without_segment
    update knowledge_segmentembedding set segment_id = 'NEW' where segment_id = (SEGMENT);
knowledge.entries/words_elsewhere
    update knowledge_segmentlexical set document_id = 'NEW' where segment_id = (SEGMENT);
knowledge.entries/vectors_elsewhere
    update knowledge_segmentembedding set dataset_id = 'NEW' where segment_id = (SEGMENT);
knowledge.entries/words_wrongly_findable
    update knowledge_document set enabled = false where name = 'Text';
knowledge.entries/vectors_wrongly_findable
    update knowledge_segment set enabled = false where id = (SEGMENT);
knowledge.entries/words_of_parents
    update knowledge_segmentlexical set segment_id = (select parent_id from knowledge_segment where parent_id is
        not null) where segment_id = (select id from knowledge_segment where parent_id is not null);
knowledge.entries/vectors_of_parents
    update knowledge_segmentembedding set segment_id = (select parent_id from knowledge_segment where parent_id
        is not null) where segment_id = (select id from knowledge_segment where parent_id is not null);
knowledge.entries/without_words
    delete from knowledge_segmentlexical where segment_id = (SEGMENT);
knowledge.entries/without_vector
    delete from knowledge_segmentembedding where segment_id = (SEGMENT);
knowledge.vectors/of_another_model
    insert into knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)
        select segment_id, dataset_id, document_id, 'old/model', dim, enabled, embedding from
        knowledge_segmentembedding limit 1;
knowledge.vectors/dimension
    update knowledge_segmentembedding set dim = 3 where segment_id = (SEGMENT);
knowledge.vectors/several_dimensions
    update knowledge_segmentembedding set dim = 3, embedding = '[1,0,0]' where segment_id = (SEGMENT);
knowledge.lexical/totals
    update knowledge_lexicalstat set chunks = chunks + 1, tokens = 0;
knowledge.lexical/terms
    update knowledge_termstat set df = df + 1;
    delete from knowledge_termstat where term = (select min(term) from knowledge_termstat);
    insert into knowledge_termstat (dataset_id, term, df) select dataset_id, 16777216, 1 from
        knowledge_lexicalstat;
knowledge.lexical/termstat_without_base
    insert into knowledge_termstat (dataset_id, term, df) values ('NEW', 1, 1);
knowledge.lexical/lexicalstat_without_base
    insert into knowledge_lexicalstat (dataset_id, chunks, tokens, average_length) values ('NEW', 0, 0, 1);
knowledge.documents/miscounted
    update knowledge_document set segment_count = 7, word_count = 0;
knowledge.documents/leased
    update knowledge_document set lease_owner = 'NEW';
knowledge.documents/without_end
    update knowledge_document set completed_at = null;
knowledge.documents/without_reason
    update knowledge_document set indexing_status = 'error';
knowledge.documents/stuck
    update knowledge_document set indexing_status = 'parsing', created_at = now() - interval '2 days',
        updated_at = now() - interval '2 days', lease_until = null;
knowledge.documents/without_file
    update knowledge_document set indexing_status = 'waiting', upload_file_id = null;
knowledge.documents/elsewhere
    update knowledge_document set workspace_id = 'NEW';
knowledge.documents/foreign_rule
    update knowledge_processrule set dataset_id = 'NEW';
knowledge.documents/parts_left_over
    insert into knowledge_documentpart (document_id, position, content) values ('NEW', 1, 'x');
knowledge.search_indexes/without_row
    create index left_over on knowledge_segmentlexical (length) where dataset_id = 'NEW';
knowledge.search_indexes/without_index
    insert into knowledge_searchindex (id, dataset_id, kind, model, name, ready_at, created_at, attempt) select
        'NEW', id, 'words', '', 'none', now(), now(), 0 from knowledge_dataset;
knowledge.tags/on_nothing
    update workspaces_tagbinding set target_id = 'NEW';
workspaces.members/without_owner
    update workspaces_membership set role = 'admin';
prompts.apps/foreign_version
    update prompts_app a set draft_id = (select id from prompts_appversion v where v.app_id <> a.id limit 1);
prompts.apps/without_draft
    update prompts_app set draft_id = null, published_id = null;
prompts.uploads/of_nobody
    update files_uploadfile set created_by_end_user = 'NEW', created_at = now() - interval '2 days' where name =
        'a.png';
logs.messages/messages_without_app
    update logs_message set app_id = 'NEW', created_at = now() - interval '1 day';
logs.messages/conversations_without_app
    delete from logs_message;
    delete from logs_messagefile;
    update logs_conversation set app_id = 'NEW', created_at = now() - interval '1 day';
logs.messages/annotations_without_app
    insert into logs_annotation (id, workspace_id, app_id, question, answer, hit_count, created_at, updated_at)
        select 'NEW', workspace_id, 'NEW', 'x', 'y', 0, now() - interval '1 day', now() from logs_message;
logs.messages/foreign_conversation
    update logs_message set app_id = (select id from prompts_app where id not in (select app_id from
        logs_conversation) limit 1);
logs.messages/files_without_upload
    update logs_messagefile set upload_file_id = 'NEW';
logs.messages/messagefile_of_another_app
    update logs_messagefile set app_id = 'NEW';
logs.messages/feedback_of_another_app
    insert into logs_feedback (id, workspace_id, app_id, message_id, rating, content, source, created_at,
        updated_at) select 'NEW', workspace_id, 'NEW', id, 'like', '', 'user', now(), now() from logs_message;
logs.messages/savedmessage_of_another_app
    insert into logs_savedmessage (id, workspace_id, app_id, message_id, end_user_id, created_at) select 'NEW',
        workspace_id, 'NEW', id, 'NEW', now() from logs_message;
logs.flows/runs_without_app
    insert into logs_workflowrun (id, workspace_id, app_id, version_id, task_id, invoke_from, inputs, status,
        error_code, error, elapsed_s, total_tokens, total_price, currency, total_steps, exceptions_count, created_at)
        select 'NEW', workspace_id, 'NEW', version_id, 'NEW', 'service-api', '{}', 'succeeded', '', '', 0, 0, 0, 'USD',
        0, 0, now() - interval '1 day' from logs_message limit 1;
logs.flows/nodes_of_another_app
    insert into logs_workflowrun (id, workspace_id, app_id, version_id, task_id, invoke_from, inputs, status,
        error_code, error, elapsed_s, total_tokens, total_price, currency, total_steps, exceptions_count, created_at)
        select 'NEW', workspace_id, app_id, version_id, 'NEW', 'service-api', '{}', 'succeeded', '', '', 0, 0, 0, 'USD',
        0, 0, now() - interval '1 day' from logs_message limit 1;
    insert into logs_noderun (id, workspace_id, app_id, run_id, index, node_id, node_type, title,
        predecessor_node_id, inside_node_id, status, error, elapsed_s, created_at) select 'NEW', workspace_id, 'NEW',
        id, 1, 'a', 'start', '', '', '', 'succeeded', '', 0, now() from logs_workflowrun;
workflows.triggers/of_another_version
    insert into workflows_trigger (id, workspace_id, app_id, node_id, kind, title, version_id, data, is_enabled, missed,
        token, debug_token, created_at, updated_at) select 'NEW', workspace_id, id, 'a', 'trigger-schedule', '', 'NEW',
        '{}', true, 'once', 'NEW', 'NEW', now(), now() from prompts_app limit 1;
workflows.triggers/waiting
    insert into workflows_trigger (id, workspace_id, app_id, node_id, kind, title, data, is_enabled, missed,
        token, debug_token, created_at, updated_at) select 'NEW', workspace_id, id, 'a', 'trigger-schedule', '',
        '{}', true, 'once', 'NEW', 'NEW', now(), now() from prompts_app limit 1;
    insert into workflows_firing (id, trigger_id, key, status, error, attempt, created_at) select 'NEW', id, 'a',
        'waiting', '', 0, now() - interval '1 day' from workflows_trigger;
workflows.values/elsewhere
    insert into workflows_nodevalue (id, workspace_id, app_id, account_id, node_id, source, is_pinned, outputs, details,
        updated_at) select 'NEW', 'NEW', id, 'NEW', 'a', 'edited', false, '{}', '{}', now() from prompts_app limit 1;
chat.runs/abandoned
    update logs_message set status = 'running', lease_until = now() - interval '1 hour', created_at = now() -
        interval '1 hour';
"""
_SEGMENT: Final = "select id from knowledge_segment order by id limit 1"


def _read(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            place = line
            found[place] = ""
        else:
            found[place] += line.strip().replace("SEGMENT", _SEGMENT).replace("NEW", str(new_id())) + " "
    return found


PLANTED: Final = _read(_PLANTED)
