"""Console addresses."""

from django.urls import path

from . import views

app_name = "billing"
urlpatterns = [
    path("settings/budgets", views.budget_list, name="budgets"),
    path("settings/budgets/add", views.add, name="add_budget"),
    path("settings/budgets/<uuid:budget_id>", views.change, name="change_budget"),
    path("settings/budgets/<uuid:budget_id>/remove", views.remove, name="remove_budget"),
    path("settings/usage", views.usage, name="usage"),
]
