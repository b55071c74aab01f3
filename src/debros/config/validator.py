"""cerberus, taught the types and rules of our schemas, and answering in the contract's words."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cerberus import TypeDefinition
from cerberus import errors as codes

from debros.config import checks, filechecks
from debros.config.clientchecks import CLIENT_CHECKS
from debros.config.durations import Duration
from debros.config.mended import MendedValidator
from debros.config.problems import Fault, shown
from debros.config.situation import Situation

# Between message and hint inside cerberus; neither can hold a newline, see problems.printable.
_SEPARATOR = "\n"
_DEFAULT_BOOTSTRAP_PORT = 4001
_NAMES = {"dict": "mapping", "path": "string", "api_key": "key:namespace", "workers": "a number or auto"}


class FaultHandler(codes.BaseErrorHandler):  # type: ignore[misc]  # cerberus has no types
    """Turns cerberus' tree of errors into a flat list of faults."""

    def __call__(self, errors: Iterable[Any]) -> list[Fault]:
        """List the faults."""
        return [_fault(error) for error in _leaves(errors)]


def _method(check: Callable[[Any], checks.Answer]) -> Callable[[Any, str | int, Any], None]:
    def method(self: Any, field: str | int, value: Any) -> None:
        if answer := check(value):
            self._fail(field, *answer)

    return method


def _file_method(
    check: Callable[[str, Mapping[str, str]], checks.Answer],
) -> Callable[[Any, str, str], None]:
    def method(self: Any, field: str, value: str) -> None:
        user = self.schema[field]["meta"].get("used_by")
        rule = check if self._situation.uses(user) else filechecks.path
        if value and (answer := rule(value, self._situation.environ)):
            self._fail(field, *answer)

    return method


# cerberus' metaclass collects the methods of the bases, so those of plain functions come from a base.
_Checks = type(
    "_Checks",
    (),
    {
        **{f"_check_with_{name}": _method(check) for name, check in (checks.CHECKS | CLIENT_CHECKS).items()},
        **{f"_check_with_{name}": _file_method(check) for name, check in filechecks.FILE_CHECKS.items()},
    },
)


class ConfigValidator(_Checks, MendedValidator):  # type: ignore[misc, valid-type]  # see above for _Checks
    """One document against one schema. Pass a ``situation``.

    A rule is a method ``_validate_<name>`` whose docstring is, for cerberus, the schema of the rule's argument.
    """

    types_mapping = MendedValidator.types_mapping | {
        "integer": TypeDefinition("integer", (int,), (bool,)),
        "path": TypeDefinition("path", (str, os.PathLike), ()),
        # A number is let through so that the rule can say that the unit is missing.
        "duration": TypeDefinition("duration", (str, int, float), (bool,)),
        "api_key": TypeDefinition("api_key", (str, dict), ()),
        "workers": TypeDefinition("workers", (int, str), (bool,)),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("error_handler", FaultHandler)
        super().__init__(*args, **kwargs)

    def _fail(self, field: str | int, message: str, hint: str = "") -> None:
        self._error(field, f"{message}{_SEPARATOR}{hint}")

    @property
    def _situation(self) -> Situation:
        situation: Situation = self._config["situation"]
        return situation

    def _validate_nullable(self, _nullable: bool, field: str | int, value: Any) -> None:  # noqa: FBT001 -- cerberus calls it
        """{'type': 'boolean'}"""  # noqa: D415 -- cerberus reads it
        if value is None:
            self._error(field, codes.NOT_NULLABLE)
            self._drop_remaining_rules()  # cerberus would go on with our rules

    def _validate_one_of(self, allowed: list[str], field: str, value: Any) -> None:
        """{'type': 'list'}"""  # noqa: D415 -- cerberus reads it
        if value not in allowed:
            self._fail(field, f"must be one of [{' '.join(allowed)}]", f"got {shown(value)}")

    def _validate_between(self, bounds: list[int], field: str, value: Any) -> None:
        """{'type': 'list'}"""  # noqa: D415 -- cerberus reads it
        low, high = bounds
        if not low <= value <= high:
            self._fail(field, f"must be between {low} and {high}", f"got {shown(value)}")

    def _validate_above(self, bound: int, field: str, value: Any) -> None:
        """{'type': 'integer'}"""  # noqa: D415 -- cerberus reads it
        number = _number(value)
        if number is not None and number <= bound:
            self._fail(field, f"must be > {bound}", f"got {number}")

    def _validate_at_least(self, bound: int, field: str, value: Any) -> None:
        """{'type': 'integer'}"""  # noqa: D415 -- cerberus reads it
        if value < bound:
            self._fail(field, f"must be >= {bound}", f"got {shown(value)}")

    def _validate_unique(self, rule: list[str], field: str, value: list[Any]) -> None:
        """{'type': 'list'}"""  # noqa: D415 -- cerberus reads it
        message, by = rule
        seen = set()
        for index, item in enumerate(value):
            try:
                same = checks.SAME[by](item, self._bootstrap_port())
            except ValueError:
                continue  # it has a problem of its own
            if same in seen:
                self._error([_custom((*self.document_path, field, index), f"{message}{_SEPARATOR}")])
            seen.add(same)

    def _validate_lone(self, item: str, field: str, value: list[Any]) -> None:
        """{'type': 'string'}"""  # noqa: D415 -- cerberus reads it
        if item in value and len(value) > 1:
            self._fail(field, f"{shown(item)} must stand alone", "remove the others, or it")

    def _check_with_bootstrap_peer(self, field: int, value: str) -> None:
        if answer := checks.bootstrap_peer(value, self._bootstrap_port()):
            self._fail(field, *answer)

    def _bootstrap_port(self) -> int:
        discovery = (self.root_document or self.document).get("discovery")
        port = discovery.get("bootstrap_port") if isinstance(discovery, dict) else None
        return port if isinstance(port, int) else _DEFAULT_BOOTSTRAP_PORT


def _number(value: Any) -> int | Duration | None:
    if isinstance(value, int):
        return value
    try:
        return Duration.parse(value)
    except ValueError:
        return None  # the duration rule has its own words for it


def _custom(path: tuple[str | int, ...], text: str) -> Any:
    return codes.ValidationError(path, path, codes.CUSTOM.code, None, None, None, (text,))


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    for error in errors:
        if error.is_group_error:
            yield from _leaves(error.child_errors)
        else:
            yield error


def _fault(error: Any) -> Fault:
    path = tuple(error.document_path)
    match error.code:
        case codes.CUSTOM.code:
            message, _, hint = error.info[0].partition(_SEPARATOR)
            return Fault(path, message, hint)
        case codes.BAD_TYPE.code:
            name = _NAMES.get(error.constraint, error.constraint)
            return Fault(path, f"expected {name}", f"got {shown(error.value)}", quotes=True)
        case codes.NOT_NULLABLE.code:
            return Fault(path, "expected a value", "got null")
        case codes.EMPTY_NOT_ALLOWED.code:
            return Fault(path, "must not be empty", "give at least one")
        case codes.UNALLOWED_VALUE.code:
            return Fault(path, f"invalid value {shown(error.value)}", f"allowed values: {', '.join(error.constraint)}")
        case codes.UNKNOWN_FIELD.code:
            return Fault(path, "unknown key")
    raise AssertionError(f"no words for cerberus error {error.code:#x}")
