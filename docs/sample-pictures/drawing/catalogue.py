"""Which function draws which picture."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from drawing import (
    avatars,
    city,
    concert,
    dam,
    fronts,
    halls,
    harbour,
    homes,
    landscapes,
    money,
    outdoors,
    people,
    pitch,
    rooms,
    tables,
    water,
    workbench,
    works,
)
from drawing.canvas import Canvas, Look

Scene = Callable[[Canvas], Look]


def _scenes(module: ModuleType) -> dict[str, Scene]:
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {
        name.replace("_", "-"): value
        for name, value in own.items()
        if getattr(value, "__module__", "") == module.__name__
        and getattr(value, "__annotations__", {}).get("return") == "Look"
    }


SCENES: dict[str, Scene] = {}
_MODULES = (
    avatars,
    city,
    concert,
    dam,
    fronts,
    halls,
    harbour,
    homes,
    landscapes,
    money,
    outdoors,
    people,
    pitch,
    rooms,
    tables,
    water,
    workbench,
    works,
)
for _module in _MODULES:
    SCENES |= _scenes(_module)
