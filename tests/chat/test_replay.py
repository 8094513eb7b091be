"""A run found again from its row, because another process has it."""

import asyncio

from asgiref.sync import sync_to_async

from apps.chat import following, replay
from apps.common.perloop import run
from apps.common.run_events import MessageEnd
from apps.logs.choices import MessageStatus
from apps.logs.models import Message
from apps.prompts.callers import Access
from apps.prompts.runtime import app_by_id
from tests.factories import api_user, make_conversation, make_message


def test_however_often_a_run_elsewhere_is_asked_for_one_waits_for_it(app, monkeypatch):
    monkeypatch.setattr(following, "POLL_S", 0.01)
    ada = api_user(app)
    row = make_message(app, ada, make_conversation(app, ada), status=MessageStatus.RUNNING, answer="")

    async def attach():
        return await replay.attach(row.pk, Access(await app_by_id(app.pk, app.workspace_id), ada))

    async def scene():
        first, *others = [await attach(), *await asyncio.gather(*(attach() for _ in range(20)))]
        assert all(other is first for other in others)
        await sync_to_async(Message.objects.filter(pk=row.pk).update)(status=MessageStatus.NORMAL, answer="Done.")
        ends = await asyncio.gather(first.result(), others[0].result())
        assert [end.answer for end in ends if isinstance(end, MessageEnd)] == ["Done.", "Done."]
        again = await attach()
        assert again is not first
        await again.result()

    run(scene())
    assert not following._followed
