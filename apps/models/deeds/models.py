"""Deeds about models."""

from django.utils.translation import gettext_noop as _

from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Models(Deeds):
    """Providers and their models."""

    key, label = "models", _("Model providers")
    sentences = {
        "provider.set": _("{who} set up the model provider {what}"),
        "provider.key_enable": _("{who} took the key {what} into use"),
        "provider.key_disable": _("{who} took the key {what} out of use"),
        "provider.key_remove": _("{who} removed the key {what}"),
        "provider.remove": _("{who} removed the model provider {what}"),
        "model.add": _("{who} added the model {what}"),
        "model.change": _("{who} changed the model {what}"),
        "model.remove": _("{who} removed the model {what}"),
        "model.enable": _("{who} switched the model {what} on"),
        "model.disable": _("{who} switched the model {what} off"),
        "model.price": _("{who} changed the price of the model {what}"),
        "model.set_chain": _("{who} chose what stands in for models of type {what}"),
        "model.set_default": _("{who} made {what} a default model"),
        "model.clear_default": _("{who} took back the default of {what}"),
    }
