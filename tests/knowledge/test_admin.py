import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.files.models import UploadFile
from apps.knowledge.models import Dataset, Document, LexicalStat, ProcessRule, Segment, SegmentLexical
from dify_project import urls  # noqa: F401 - fills the admin
from tests.factories import make_user
from tests.knowledge.texts import TEXT

TABLES = [Dataset, ProcessRule, Document, Segment, SegmentLexical, LexicalStat, UploadFile]


@pytest.mark.parametrize("model", TABLES)
def test_operators_can_read_every_table_and_change_none(economy, add, model):
    add(economy, TEXT)
    browser = Client()
    browser.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()
    assert browser.get(reverse(f"{name}_changelist")).status_code == 200
    assert browser.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert browser.get(reverse(f"{name}_add")).status_code == 403
    assert browser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert model in admin.site._registry
