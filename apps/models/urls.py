"""Console addresses."""

from django.urls import path

from .views import chains, keys, own_models, providers

app_name = "models"
urlpatterns = [
    path("settings/models", providers.provider_list, name="providers"),
    path("settings/models/default", providers.set_default_model, name="set_default"),
    path("settings/models/fallbacks", chains.chain_list, name="chains"),
    path("settings/models/fallbacks/<slug:model_type>", chains.arrange, name="arrange_chain"),
    path("settings/models/keys/<uuid:key_id>", keys.change, name="change_key"),
    path("settings/models/keys/<uuid:key_id>/check", keys.check, name="check_key"),
    path("settings/models/keys/<uuid:key_id>/switch", keys.switch, name="switch_key"),
    path("settings/models/keys/<uuid:key_id>/remove", keys.remove, name="remove_key"),
    path("settings/models/own/<uuid:model_id>", own_models.change, name="change_model"),
    path("settings/models/own/<uuid:model_id>/remove", own_models.remove, name="remove_model"),
    path("settings/models/<slug:provider>", providers.provider_page, name="provider"),
    path("settings/models/<slug:provider>/remove", providers.remove_provider, name="remove_provider"),
    path("settings/models/<slug:provider>/keys/add", keys.add, name="add_key"),
    path("settings/models/<slug:provider>/add", own_models.add, name="add_model"),
    path("settings/models/<slug:provider>/switch", own_models.switch, name="switch_model"),
    path("settings/models/<slug:provider>/price", own_models.price, name="price"),
    path("settings/models/<slug:provider>/try", providers.try_one, name="try"),
]
