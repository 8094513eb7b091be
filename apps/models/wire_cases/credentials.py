"""The credentials: good ones are taken, wrong ones are named."""

from typing import ClassVar

from apps.models.catalogue import Provider
from apps.models.contracts import ModelType
from apps.models.errors import ProviderUnauthorised
from apps.models.wire_checks import Context, WireCase, expect, wire_cases

WRONG = "wrong-key-0123456789abcdef"


@wire_cases.register
class CredentialsOfModels(WireCase):
    """The check of every type of model the provider has."""

    key: ClassVar[str] = "credentials.models"
    label: ClassVar[str] = "The check of each type of model succeeds"
    model_type: ClassVar[ModelType | None] = None
    expects: ClassVar[str] = "The cheapest call of each model succeeds with the key."

    async def run(self, context: Context) -> None:
        for type_ in context.models:
            await context.driver.check(context.endpoint(type_), context.spec(type_))


@wire_cases.register
class CredentialsAlone(WireCase):
    """The check without a model: most often the list of models."""

    key: ClassVar[str] = "credentials.alone"
    label: ClassVar[str] = "The check without a model succeeds"
    model_type: ClassVar[ModelType | None] = None
    expects: ClassVar[str] = "The list of models, or what the vendor has instead, is answered with 200."

    def applies(self, provider: Provider) -> bool:
        return not provider.check_model

    async def run(self, context: Context) -> None:
        await context.driver.check(context.endpoint(), None)


@wire_cases.register
class WrongKey(WireCase):
    """A wrong key is named as such and not shown."""

    key: ClassVar[str] = "credentials.wrong_key"
    label: ClassVar[str] = "A wrong key is named"
    model_type: ClassVar[ModelType | None] = None
    expects: ClassVar[str] = "A wrong key is answered with 401 or 403."

    def applies(self, provider: Provider) -> bool:
        return any(field.name == "api_key" and field.required for field in provider.credentials)

    async def run(self, context: Context) -> None:
        async with context.changed(api_key=WRONG):
            try:
                await context.driver.check(context.endpoint(), context.spec(context.main_type))
            except ProviderUnauthorised as error:
                expect(WRONG not in error.message, "key_shown", "The sentence shows the key.")
                return
        expect(False, "wrong_key_taken", "A wrong key was taken.")
