"""The hosted trial: so many calls, and not one more."""

import asyncio

import pytest

from apps.billing.errors import TrialUsedUp
from apps.billing.selectors import list_trials
from apps.billing.services.trial import take
from apps.common import perloop
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace(transactional_db):
    return make_workspace()


def test_of_250_calls_at_once_200_are_granted(workspace):
    async def body():
        calls = (take(workspace.pk, "openai", 200) for _ in range(250))
        return await asyncio.gather(*calls, return_exceptions=True)

    results = perloop.run(body())
    assert sorted(one for one in results if isinstance(one, int)) == list(range(1, 201))
    refused = [one for one in results if isinstance(one, TrialUsedUp)]
    assert {one.code for one in refused} == {"provider_quota_exceeded"}
    assert len(refused) == 50
    [trial] = list_trials(workspace)
    assert (trial.provider, trial.used, trial.granted) == ("openai", 200, 200)


def test_each_workspace_and_provider_has_a_grant_of_its_own_and_a_larger_one_counts_at_once(workspace):
    other = make_workspace("Other", "other@example.org")

    async def body():
        used = [await take(workspace.pk, "openai", 1), await take(workspace.pk, "anthropic", 1)]
        used += [await take(other.pk, "openai", 1)]
        with pytest.raises(TrialUsedUp):
            await take(workspace.pk, "openai", 1)
        return [*used, await take(workspace.pk, "openai", 2)]

    assert perloop.run(body()) == [1, 1, 1, 2]


def test_a_grant_of_nothing_gives_nothing(workspace):
    with pytest.raises(TrialUsedUp):
        perloop.run(take(workspace.pk, "openai", 0))
    assert list(list_trials(workspace)) == []
