"""Loading a target and finding out its shape: each mistake of a first-time user is one message."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from implementations.errors import TargetError, nearest
from implementations.loading import Consumer, TargetShape, check_target, load
from model.environment import Delivery
from model.vocabulary import Role, Status


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's working directory, from which Python imports as it would there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, name: str, text: str) -> None:
    """A file of the user's, in packages as needed."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def failure(spec: str) -> str:
    """The message with which a spec does not load."""
    with pytest.raises(TargetError) as caught:
        load(spec)
    assert caught.value.__cause__ is None
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


GOOD = '"""A shop."""\ndef make(world):\n    """Our shop."""\n    return world\n'


def test_loads_from_the_working_directory(folder: Path) -> None:
    """A package beside the user, its factory not yet called."""
    write(folder, "shop_a/saga.py", GOOD)
    loaded = load("shop_a.saga:make")
    assert loaded.factory("it") == "it"
    assert loaded.description == "Our shop."


def test_a_class_and_a_nested_name(folder: Path) -> None:
    """Whatever can be called with a world."""
    write(
        folder,
        "shop_b.py",
        '"""The B shop."""\n'
        "class Shop:\n    def __init__(self, world, size=1): ...\n"
        "    @staticmethod\n    def make(world): return 3\n",
    )
    assert load("shop_b:Shop").description == "The B shop."
    assert load("shop_b:Shop.make").factory(None) == 3


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        ("shop_c", ["no colon", "shop_c:make"]),
        ("", ["no colon", "module:make"]),
        ("shop_c/saga.py:make", ["is a file", "shop_c.saga:make"]),
        ("./shop_c.py", ["is a file", "shop_c:make"]),
        ("/far/shop_c.py:make", ["is a file", "shop_c:make, with PYTHONPATH=/far"]),
        ("cmd:", ["no command", "cmd: node saga.js"]),
        ("cmd: node 'saga.js", ["the command cannot be read", "cmd: node saga.js"]),
        ("shop_c:", ["'' is not a name", "module:factory"]),
        ("shop-c:make", ["'shop-c' is not a name"]),
        ("http://shop", ["'//shop' is not a name"]),
        ("shop_d:make", ["no module 'shop_d'", "did you mean 'shop_c'?", "PYTHONPATH"]),
        ("shop_c.sagas:make", ["no module 'shop_c.sagas'", "did you mean 'shop_c.saga'?"]),
        ("zzz.qqq:make", ["no module 'zzz'"]),
        ("shop_c.saga:mak", ["shop_c.saga has no 'mak'", "did you mean 'make'?"]),
        ("shop_c.saga:zzz", ["it has later, make, nothing, two"]),
        ("shop_c.saga:number", ["'number' is int, which cannot be called", "def number(world)"]),
        ("shop_c.saga:nothing", ["nothing() cannot be called as nothing(world)"]),
        ("shop_c.saga:two", ["two(world, stock) cannot be called", "exactly one argument"]),
        ("shop_c.saga:later", ["coroutine function", "plain function"]),
    ],
)
def test_wrong_specs(folder: Path, spec: str, texts: list[str]) -> None:
    """What the user typed, and what they probably meant."""
    write(
        folder,
        "shop_c/saga.py",
        "number = 3\ndef make(world): ...\ndef nothing(): ...\n"
        "def two(world, stock): ...\nasync def later(world): ...\n",
    )
    message = failure(spec)
    assert message.count("to fix:") == 1
    for text in [*texts, repr(spec)]:
        assert text in message


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("x = 1\ny = x / 0\n", ["ZeroDivisionError: division by zero", "line 2", "y = x / 0"]),
        ("def f(:\n    pass\n", ["SyntaxError", "line 1"]),
        ("import no_such_library\n", ["'no_such_library'", "install", "line 1"]),
        ("import sys\nsys.exit('not configured')\n", ["SystemExit: not configured", "line 2"]),
        ("from json import lods\n", ["cannot import name 'lods'", "line 1"]),
    ],
)
def test_a_module_that_fails(folder: Path, code: str, texts: list[str]) -> None:
    """The user's own error and the user's own line, not ours."""
    write(folder, "shop_e.py", code)
    message = failure("shop_e:make")
    for text in ["shop_e.py", *texts]:
        assert text in message
    assert "loading.py" not in message


def test_an_error_below_the_module(folder: Path) -> None:
    """The line that fails, in whichever of the user's files it stands."""
    write(folder, "shop_f/__init__.py", "from shop_f import tables\n")
    write(folder, "shop_f/tables.py", "# one\nraise RuntimeError('no\\ntables')\n")
    write(folder, "shop_f/saga.py", GOOD)
    message = failure("shop_f.saga:make")
    assert "shop_f/tables.py, line 2" in message
    assert "RuntimeError: no" in message


@pytest.mark.parametrize("spec", ["model.shop:make", "model:make"])
def test_a_package_with_a_name_of_the_kit(folder: Path, spec: str) -> None:
    """The user's `model` is hidden by the kit's: say so, rather than "no module"."""
    write(folder, "model/__init__.py", GOOD)
    write(folder, "model/shop.py", GOOD)
    message = failure(spec)
    assert "'model' is a package of the kit" in message
    assert "rename yours" in message


def test_an_import_of_a_name_of_the_kit(folder: Path) -> None:
    """The user's own module wants the user's `reports`, and is given the kit's."""
    write(folder, "reports/sales.py", "")
    write(folder, "shop_g.py", "import json\nfrom reports import sales\n")
    message = failure("shop_g:make")
    assert "shop_g.py imports 'reports'" in message
    assert "is a package of the kit" in message


def test_a_name_that_is_taken(folder: Path) -> None:
    """Hidden by something else than the kit."""
    write(folder, "json/shop.py", GOOD)
    assert "'json' is taken by" in failure("json.shop:make")


class Shop:
    """The smallest target there is."""

    subscriptions: ClassVar[Any] = {"order": ["a"], "billing": ["b", "b", "c"]}

    def place_order(self, order: Any) -> None:
        """Start."""

    def handle(self, participant: Any, event: Any) -> None:
        """Go on."""

    def observe(self) -> Any:
        """Tell."""


class AsyncShop(Shop):
    """The same with coroutines."""

    async def place_order(self, order: Any) -> None:  # type: ignore[override]
        """Start."""

    async def handle(self, participant: Any, event: Any) -> None:  # type: ignore[override]
        """Go on."""


def shop(base: type[Shop] = Shop, **members: Any) -> Any:
    """A shop with some members more, or other ones."""
    return type("Shop", (base,), members)()


def test_the_smallest_shape() -> None:
    """What is not said is what the contract says."""
    shape = check_target(Shop())
    assert shape.participants == ("order", "billing")
    assert shape.subscriptions == {"order": ("a",), "billing": ("b", "c")}
    assert shape.events == {"a", "b", "c"}
    assert shape.roles == {Role.ORDER: "order"}
    assert shape.consumers == {"order": Consumer(), "billing": Consumer()}
    assert shape.delivery is Delivery.AT_LEAST_ONCE_UNORDERED
    assert shape.members == {"subscriptions", "place_order", "handle", "observe"}
    assert not any([shape.is_async, shape.coroutines, shape.limits, shape.terminal])
    assert not any(had(shape).values())


def had(shape: TargetShape) -> dict[str, bool]:
    """All the questions about optional members."""
    names = [name for name in dir(shape) if name.startswith("has_")]
    return {name: getattr(shape, name) for name in [*names, "idempotent_place"]}


def test_the_largest_shape() -> None:
    """Everything that the contract has."""
    shape = check_target(
        shop(
            AsyncShop,
            roles={"payment": "billing", Role.ORDER: "order"},
            consumers={"billing": {"acknowledge": "before", "on_error": "reject", "parallel": 3}},
            delivery="at-least-once-fifo",
            limits={"lines": 1},
            terminal={"done": "confirmed", "gone": "failed"},
            idempotent_place=True,
            act=AsyncShop.handle,
            actions=Shop.observe,
            cancel_order=AsyncShop.place_order,
            relay=AsyncShop.place_order,
            restart=Shop.place_order,
            refuses=Shop.place_order,
            queues=Shop.handle,
            digest=Shop.observe,
            close=Shop.observe,
        )
    )
    assert shape.roles == {Role.PAYMENT: "billing", Role.ORDER: "order"}
    assert shape.consumers == {"order": Consumer(), "billing": Consumer("before", "reject", 3)}
    assert shape.delivery is Delivery.AT_LEAST_ONCE_FIFO
    assert shape.limits == {"lines": 1}
    assert shape.terminal == {"done": Status.CONFIRMED, "gone": Status.FAILED}
    assert shape.is_async
    assert shape.coroutines == {"handle", "place_order", "cancel_order", "act", "relay"}
    assert all(had(shape).values())
    assert shape.has("relay")


async def coroutine() -> None:
    """What an async factory returns."""


def plain(*arguments: Any) -> None:
    """Takes whatever it gets."""


WRONG: dict[str, tuple[Any, tuple[str, ...]]] = {
    "None": (lambda: None, ("returned None", "`return`")),
    "a coroutine": (coroutine, ("returned a coroutine",)),
    "a number": (lambda: 3, ("(int)", "has no subscriptions")),
    "no handle": (lambda: shop(handle=None), ("has no handle(participant, event)", "one message")),
    "a typo": (
        lambda: shop(place_order=None, placeOrder=1),
        ("has no place_order(order)", "it has 'placeOrder'"),
    ),
    "handle of one": (
        lambda: shop(handle=lambda self, event: None),
        ("handle(event) cannot be called as handle(participant, event)",),
    ),
    "handle is data": (lambda: shop(handle="x"), ("'handle' is 'x', which cannot be called",)),
    "observe of one": (lambda: shop(observe=lambda self, o: 0), ("cannot be called as observe()",)),
    "act alone": (lambda: shop(act=plain), ("has 'act' but no 'actions'",)),
    "sync handle, async place": (
        lambda: shop(place_order=AsyncShop.place_order),
        ("'handle' is a plain function", "'place_order' is a coroutine function"),
    ),
    "async handle, sync relay": (
        lambda: shop(AsyncShop, relay=lambda self, p: 0),
        ("'relay' is a plain one", "`async def relay`"),
    ),
    "subscriptions as list": (lambda: shop(subscriptions=["a"]), ("['a']", "not a dict")),
    "no subscriptions": (lambda: shop(subscriptions={}), ("no participant",)),
    "types as text": (
        lambda: shop(subscriptions={"order": "order.created"}),
        ("subscriptions['order']", "not a list"),
    ),
    "type as number": (lambda: shop(subscriptions={"order": [1]}), ("the event type 1",)),
    "participant as number": (lambda: shop(subscriptions={1: []}), ("not a string",)),
    "unknown role": (
        lambda: shop(roles={"payments": "billing"}),
        ("no role 'payments'", "did you mean 'payment'?"),
    ),
    "odd role": (lambda: shop(roles={"till": "billing"}), ("order, payment, inventory, shipping",)),
    "role of nobody": (
        lambda: shop(roles={"payment": "biling"}),
        ("roles['payment']", "no participant 'biling'", "did you mean 'billing'?"),
    ),
    "roles as list": (lambda: shop(roles=["order"]), ("not a dict",)),
    "consumer of nobody": (
        lambda: shop(consumers={"orders": {}}),
        ("no participant 'orders'", "did you mean 'order'?"),
    ),
    "consumers as list": (lambda: shop(consumers=[]), ("consumers", "not a dict")),
    "settings as text": (lambda: shop(consumers={"order": "after"}), ("'after', not a dict",)),
    "unknown setting": (
        lambda: shop(consumers={"order": {"acknowlege": "after"}}),
        ("no setting 'acknowlege'", "did you mean 'acknowledge'?"),
    ),
    "unknown value": (
        lambda: shop(consumers={"order": {"on_error": "requeued"}}),
        ("consumers['order']['on_error']", "'requeued'", "did you mean 'requeue'?"),
    ),
    "unknown acknowledge": (
        lambda: shop(consumers={"order": {"acknowledge": "never"}}),
        ("use one of after, before",),
    ),
    "no parallel": (lambda: shop(consumers={"order": {"parallel": 0}}), ("is 0", "from 1")),
    "no relays": (lambda: shop(consumers={"order": {"relays": 0}}), ("['relays']", "is 0")),
    "currencies as text": (lambda: shop(currencies="EUR"), ("currencies", "'EUR', 'JPY'")),
    "no currencies": (lambda: shop(currencies=[]), ("currencies", "is []")),
    "no code": (lambda: shop(currencies=["EUR", "yen"]), ("'yen' is no code",)),
    "delivery": (
        lambda: shop(delivery="at-least-once"),
        ("delivery", "did you mean 'at-least-once-"),
    ),
    "limits": (lambda: shop(limits={"lines": 0}), ("limits['lines']", "is 0")),
    "limits as number": (lambda: shop(limits=3), ("not a dict",)),
    "terminal": (lambda: shop(terminal={"x": "open"}), ("terminal['x']", "confirmed, failed")),
    "terminal as list": (lambda: shop(terminal=["x"]), ("'order.saga.completed': 'confirmed'",)),
    "idempotent": (lambda: shop(idempotent_place="yes"), ("'yes'", "True or False")),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_shape_is_explained(name: str) -> None:
    """Each message names the member and the value, and says how to fix it."""
    make, expected = WRONG[name]
    with pytest.raises(TargetError) as caught:
        check_target(make())
    for text in expected:
        assert text in str(caught.value)
    assert caught.value.how_to_fix


def test_callables_of_other_kinds() -> None:
    """Functions in a namespace, objects with an async `__call__`, functions without signature."""

    class Handler:
        async def __call__(self, participant: Any, event: Any) -> None: ...

    async def place(order: Any) -> None: ...

    shape = check_target(shop(handle=Handler(), place_order=staticmethod(place)))
    assert shape.is_async
    assert check_target(shop(observe=dict)).members


def test_nearest() -> None:
    """Near words are found whatever their case; far ones are not."""
    assert nearest("PAYMENT", ["payment", "order"]) == "payment"
    assert nearest("zzz", ["payment", "order"]) is None
