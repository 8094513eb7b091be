from typing import ClassVar

import pytest

from apps.common.registry import Registry, UnknownKey


class Base:
    key: ClassVar[str]
    label: ClassVar[str]


class One(Base):
    key = "one"
    label = "One"


def empty() -> Registry[Base]:
    return Registry("thing", "no_such_folder", Base)


def test_registered_items_are_found_by_key():
    things = empty()
    things.register(One)
    assert things.get("one") is One
    assert "one" in things


def test_an_unknown_key_lists_the_known_ones():
    things = empty()
    things.register(One)
    with pytest.raises(UnknownKey, match="There is no thing 'two'. Known: one."):
        things.get("two")


def test_wrong_base_missing_key_and_taken_key_are_refused():
    things = empty()
    things.register(One)
    with pytest.raises(TypeError, match="is not a"):
        things.register(int)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(TypeError, match="needs a key"):
        things.register(type("NoKey", (Base,), {}))
    with pytest.raises(TypeError, match="is taken"):
        things.register(type("Other", (Base,), {"key": "one", "label": "x"}))


def test_a_temporary_item_gives_the_place_back():
    things = empty()
    things.register(One)
    stand_in = type("StandIn", (Base,), {"key": "one", "label": "x"})
    with things.temporarily(stand_in):
        assert things.get("one") is stand_in
    assert things.get("one") is One


def test_every_registry_of_the_product_loads_without_failures():
    from apps.models.contracts import drivers
    from apps.prompts.contracts import app_checks

    for registry in (drivers, app_checks):
        assert registry.all() is not None
        assert registry.failures == {}
