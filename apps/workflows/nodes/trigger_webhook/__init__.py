"""Where a flow begins that a webhook starts."""

from .node import TriggerWebhook as TriggerWebhook
