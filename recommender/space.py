"""The declared parameters and their bounds."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeGuard

from recommender.errors import SpaceError, did_you_mean
from recommender.number import format_value, parse_number, parse_value
from recommender.run import Params, Value

Scale = Literal["linear", "log"]
SCALES: tuple[Scale, ...] = ("linear", "log")


def _check_bounds(name: str, low: float, high: float, scale: str) -> None:
    def wrong(key: str, problem: str) -> SpaceError:
        return SpaceError(problem, parameter=name, key=key)

    if scale not in SCALES:
        raise wrong(
            "scale",
            f"scale is {scale!r}; allowed: {', '.join(SCALES)}{did_you_mean(scale, SCALES)}",
        )
    for key, bound in (("low", low), ("high", high)):
        if not _is_real(bound):
            raise wrong(key, f"{key} is {bound!r}; it must be a number")
        if not _is_finite(bound):
            raise wrong(key, f"{key} is {bound}; it must be finite")
    if not low < high:
        raise wrong("low", f"low is {low}, high is {high}; low must be below high")
    if scale == "log" and low <= 0:
        raise wrong("low", f"low is {low}; a log scale needs low > 0 (or use scale: linear)")
    span = high / low if scale == "log" else float(high) - float(low)
    if not math.isfinite(span):
        raise wrong("low", f"the range from {low} to {high} is too wide")


def _is_real(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float can hold
        return False


def _number(parameter: Real | Integer, value: object) -> float | int:
    def wrong(problem: str) -> SpaceError:
        return SpaceError(problem, parameter=parameter.name)

    if isinstance(value, str):
        value = parse_value(value)
    elif not isinstance(value, int) and hasattr(value, "__float__"):
        with suppress(TypeError, ValueError):  # an array of several numbers has no float
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"{value!r} is not a number; write it like 0.0005")
    if not _is_finite(value):
        raise wrong(f"{value} is not a finite number")
    if parameter.scale == "log" and value <= 0:
        raise wrong(
            f"{format_value(value)} has no place on a log scale, which needs values above 0 "
            "(or declare scale: linear)"
        )
    return value


@dataclass(frozen=True, slots=True)
class Real:
    """A real parameter between `low` and `high`, both included."""

    name: str
    low: float
    high: float
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        _check_bounds(self.name, self.low, self.high, self.scale)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))

    def coerce(self, value: object) -> float:
        """Return `value` as a float, whether or not it lies within the bounds.

        Raises:
            SpaceError: it is not a finite number, or on a log scale not above 0.
        """
        return float(_number(self, value))

    def contains(self, value: Value) -> bool:
        """Whether `value` is a number within the bounds."""
        return not isinstance(value, str) and self.low <= value <= self.high

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        return f"{format_value(self.low)} to {format_value(self.high)}"


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole-numbered parameter between `low` and `high`, both included."""

    name: str
    low: int
    high: int
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        _check_bounds(self.name, self.low, self.high, self.scale)
        for key, bound in (("low", self.low), ("high", self.high)):
            if int(bound) != bound:
                raise SpaceError(
                    f"{key} is {bound}; an integer parameter needs whole bounds (or use type: "
                    "real)",
                    parameter=self.name,
                    key=key,
                )
        object.__setattr__(self, "low", int(self.low))
        object.__setattr__(self, "high", int(self.high))

    def coerce(self, value: object) -> int:
        """Return `value` as an int, whether or not it lies within the bounds.

        Raises:
            SpaceError: it is not a whole number, or on a log scale not above 0.
        """
        number = _number(self, value)
        if int(number) != number:
            raise SpaceError(f"{number} is not a whole number", parameter=self.name)
        return int(number)

    def contains(self, value: Value) -> bool:
        """Whether `value` is a whole number within the bounds."""
        return not isinstance(value, str) and self.low <= value <= self.high and int(value) == value

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        return f"whole numbers {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Categorical:
    """A parameter that takes one of a few values without an order."""

    name: str
    choices: tuple[Value, ...]

    def __init__(self, name: str, choices: Sequence[Value]) -> None:
        def wrong(problem: str) -> SpaceError:
            return SpaceError(problem, parameter=name, key="choices")

        # A set has no order: the same seed would not give the same suggestions.
        if isinstance(choices, str) or not hasattr(choices, "__getitem__") or len(choices) < 2:
            raise wrong(f"choices is {choices!r}; give a list of at least two values")
        plain: list[Value] = []
        for choice in map(_plain, choices):
            if not _is_value(choice):
                raise wrong(
                    f"the choice {choice!r} is not allowed; allowed: texts, finite numbers, true "
                    "and false"
                )
            plain.append(choice)
        kinds = {type(choice) for choice in plain}
        if bool in kinds and kinds & {int, float}:
            raise wrong("true and false cannot stand beside numbers; use one or the other")
        spellings = [_spelling(choice) for choice in plain]
        for choice, spelling in zip(plain, spellings, strict=True):
            if spellings.count(spelling) > 1:
                raise wrong(f"the choice {format_value(choice)} stands twice")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "choices", tuple(plain))

    def coerce(self, value: object) -> Value:
        """Return the choice that `value` spells, or the value itself if it is none of them.

        Raises:
            SpaceError: it is neither a text, nor a finite number, nor true or false.
        """
        plain = _plain(value)
        if not _is_value(plain):
            raise SpaceError(
                f"{value!r} is not a choice; allowed: {self.allowed}", parameter=self.name
            )
        known = {_spelling(choice): choice for choice in self.choices}
        # A number of single precision is spelled as it was written, not as the double it becomes.
        return known.get(_spelling(value), plain)

    def contains(self, value: Value) -> bool:
        """Whether `value` is one of the choices."""
        return value in self.choices

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        return ", ".join(format_value(choice) for choice in self.choices)


Parameter = Real | Integer | Categorical


def _plain(value: object) -> object:
    """Return a value of numpy as plain Python, and any other as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value


def _is_value(value: object) -> TypeGuard[Value]:
    return isinstance(value, str) or (isinstance(value, int | float) and _is_finite(value))


def _spelling(value: object) -> float | str:
    """Return what two spellings of one choice share: 1e-3 is 0.001, and TRUE is true."""
    text = format_value(value) if isinstance(value, int | float | str) else str(value)
    number = parse_number(text)
    truth = text.lower() if text.lower() in ("true", "false") else text
    return truth if number is None else number


def levels(parameter: Parameter) -> float:
    """Return how many values a parameter takes; infinite for a real one."""
    if isinstance(parameter, Categorical):
        return len(parameter.choices)
    return parameter.high - parameter.low + 1 if isinstance(parameter, Integer) else math.inf


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What may be varied: the parameters, in the order in which they were declared."""

    parameters: tuple[Parameter, ...]

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        if not isinstance(parameters, Iterable):
            raise SpaceError(f"the search space is {parameters!r}; give a list of parameters")
        object.__setattr__(self, "parameters", tuple(parameters))
        if not self.parameters:
            raise SpaceError("the search space is empty; declare at least one parameter")
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise SpaceError(f"{parameter!r} is no parameter; use Real, Integer or Categorical")
            if not isinstance(parameter.name, str) or not parameter.name.strip():
                raise SpaceError(f"{parameter!r} has no name; its name must be a text")
        repeated = next((name for name in self.names if self.names.count(name) > 1), None)
        if repeated is not None:
            raise SpaceError(f"parameter {repeated} is declared twice; names must differ")

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def configurations(self) -> float:
        """How many configurations there are; infinite with a real parameter."""
        return math.prod(levels(parameter) for parameter in self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise SpaceError(
            f"there is no parameter {name!r}; allowed: {', '.join(self.names)}"
            f"{did_you_mean(name, self.names)}"
        )

    def outside(self, params: Mapping[str, Value]) -> tuple[str, ...]:
        """Return a sentence for each value that was not declared, which is welcome in a run."""
        return tuple(
            f"{name} {format_value(value)} lies outside {self[name].allowed}; kept and used"
            for name, value in params.items()
            if not self[name].contains(value)
        )

    def coerce(self, params: Mapping[str, object]) -> dict[str, Value]:
        """Return `params` in declared order, each as its parameter's type, in or out of bounds.

        Raises:
            SpaceError: a name is unknown or missing, or a value has the wrong type.
        """
        try:
            params = dict(params)  # a row of pandas iterates over its values
        except (TypeError, ValueError):
            raise SpaceError(f"{params!r} does not map parameter names to values") from None
        for name in params:
            self[name]
        missing = [name for name in self.names if name not in params]
        if missing:
            raise SpaceError(f"no value for {', '.join(missing)}; every parameter needs one")
        return {parameter.name: parameter.coerce(params[parameter.name]) for parameter in self}

    def contains(self, params: Params) -> bool:
        """Whether every parameter lies within its bounds."""
        return all(parameter.contains(params[parameter.name]) for parameter in self)

    def check(self, name: str, value: object) -> Value:
        """Return `value` as the parameter's type.

        Raises:
            SpaceError: the name is unknown, or the value has the wrong type or is not allowed.
        """
        parameter = self[name]
        coerced = parameter.coerce(value)
        if not parameter.contains(coerced):
            given = format_value(coerced)
            choices = parameter.choices if isinstance(parameter, Categorical) else ()
            raise SpaceError(
                f"{given} is not allowed; allowed: {parameter.allowed}"
                f"{did_you_mean(given, map(format_value, choices))}",
                parameter=name,
            )
        return coerced
