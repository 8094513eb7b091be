"""One running product, shared by the tests that leave it as they found it."""

from collections.abc import Iterator

import pytest

from .product import Product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    storage = tmp_path_factory.mktemp("up") / "storage"
    product = Product(storage, ADMIN_EMAIL="owner@example.com", ADMIN_PASSWORD="a-long-password-1")
    yield product.until_up()
    product.stop()
