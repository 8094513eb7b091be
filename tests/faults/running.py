"""Setting up and looking into a product that runs as processes of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.supervisor.product import Product

APP = """
app: {{name: "{model}", mode: chat}}
model_config:
  model: {{provider: openai_api_compatible, name: {model}, completion_params: {{max_tokens: 512}}}}
  pre_prompt: You are a helpful assistant.
"""

FLOW_APP = """
app: {{name: "{name}", mode: workflow}}
workflow: {{graph: {graph}, features: {{}}}}
"""


def set_provider(product: Product, base_url: str, *models: str) -> None:
    credentials = json.dumps({"base_url": base_url, "api_key": "k"})
    product.command(
        "provider_set", "openai_api_compatible", "--credentials", credentials, "--model", *models, "--no-check"
    )


def publish_app(product: Product, folder: Path, model: str) -> str:
    """The id of a published chat app on a model."""
    path = folder / f"{model}.yml"
    path.write_text(APP.format(model=model))
    return product.command("app_import", str(path), "--publish")["app_id"]


def publish_flow(product: Product, folder: Path, name: str, config: Mapping[str, Any]) -> str:
    """The id of a published workflow."""
    path = folder / f"{name}.yml"
    path.write_text(FLOW_APP.format(name=name, graph=json.dumps(config["graph"])))
    return product.command("app_import", str(path), "--publish")["app_id"]


def sql(product: Product, query: str) -> list[tuple]:
    import psycopg

    with psycopg.connect(f"postgresql://postgres@/parley?host={product.storage}/postgres") as connection:
        return connection.execute(query).fetchall()
