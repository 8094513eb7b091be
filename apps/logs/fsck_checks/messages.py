"""Conversations and messages; they have no foreign key to their app."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_NO_APP = "not exists (select from prompts_app a where a.id = x.app_id)"
_ORPHANS = "x where " + _NO_APP + " and x.created_at < now() - interval '1 hour'"
# What the writer commits just now for an app being deleted is cleaned by the deletion's second round.


@fsck_checks.register
class MessagesCheck(SqlCheck):
    """Rows belong to an app that exists, messages to a conversation of their own app, files to an upload."""

    key, label = "logs.messages", "Conversations, messages and their files"
    problems = (
        Problem(
            "messages_without_app",
            "Messages of apps that do not exist any more.",
            f"select x.id::text from logs_message {_ORPHANS}",
            (
                *(
                    f"delete from logs_{table} f using logs_message {_ORPHANS} and f.message_id = x.id"
                    for table in ("messagefile", "feedback", "savedmessage")
                ),
                f"delete from logs_message {_ORPHANS}",
            ),
        ),
        Problem(
            "conversations_without_app",
            "Conversations of apps that do not exist any more.",
            f"select x.id::text from logs_conversation {_ORPHANS}",
            (
                f"delete from logs_conversation {_ORPHANS}"
                " and not exists (select from logs_message m where m.conversation_id = x.id)",
            ),
        ),
        Problem(
            "annotations_without_app",
            "Annotations of apps that do not exist any more.",
            f"select x.id::text from logs_annotation {_ORPHANS}",
            (f"delete from logs_annotation {_ORPHANS}",),
        ),
        Problem(
            "foreign_conversation",
            "Messages in a conversation of another app. Nothing shows them; delete the conversation.",
            "select m.id::text from logs_message m join logs_conversation c on c.id = m.conversation_id"
            " where c.app_id <> m.app_id",
        ),
        Problem(
            "files_without_upload",
            "Files of messages whose upload does not exist any more.",
            "select f.id::text from logs_messagefile f where f.upload_file_id is not null"
            " and not exists (select from files_uploadfile u where u.id = f.upload_file_id)",
            (
                "delete from logs_messagefile f where f.upload_file_id is not null"
                " and not exists (select from files_uploadfile u where u.id = f.upload_file_id)",
            ),
        ),
        *(
            Problem(
                f"{table}_of_another_app",
                "Rows that name another app than their message does.",
                f"select x.id::text from logs_{table} x join logs_message m on m.id = x.message_id"
                " where x.app_id <> m.app_id",
                (
                    f"update logs_{table} x set app_id = m.app_id from logs_message m"
                    " where m.id = x.message_id and x.app_id <> m.app_id",
                ),
            )
            for table in ("messagefile", "feedback", "savedmessage")
        ),
    )
