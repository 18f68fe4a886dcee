"""The one place that runs ONNX models: from bytes that were checked, on the CPU or on what else there is."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.encoders._graph import refers_outside
from pictrace.encoders._once import Once
from pictrace.encoders._patience import ended_after
from pictrace.encoders._preparation import numbers
from pictrace.encoders._providers import APART, CPU, chosen, listed
from pictrace.encoders._rows import in_passes, of_each, rows_of
from pictrace.errors import ModelDamagedError
from pictrace.settings import EVERY_CORE, Runtime, Settings
from pictrace.types import Rows
from pictrace.weights import Card, ModelCard

BATCH = 8
"""Pictures per pass: more are slower each, since the layers' outputs no longer fit the processor's cache."""

BATCH_APART = 64
"""The same where the way to the memory of another processor has to pay; not measured."""

TOLERANCE = 1e-3
"""The largest cosine distance of another provider's rows from the processor's, for cards that name none."""

_TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32, "tensor(float16)": np.float16}

Given = Mapping[str, npt.NDArray[Any]]
"""Inputs by their names."""

_SILENT = 4
"""Of the runtime's log, which has whatever is in a file; errors come as exceptions as well."""

_NO_MEMORY = re.compile("failed to allocate memory|bad.alloc", re.IGNORECASE)
"""In what the runtime says, which has no other sign of it."""

_log = logging.getLogger(__name__)


class Model:
    """A model that turns pictures into rows as its card says; loaded when it is first asked for rows."""

    def __init__(self, card: ModelCard, *, runtime: Runtime = EVERY_CORE) -> None:
        self.card = card
        self._runtime = runtime

    @property
    def provider(self) -> str:
        """The name of what it runs on."""
        return self._ready.provider

    def rows(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        """Rows `(n, width)` float32 of length 1 of `(n, side, side, 3)` uint8 RGB pictures, any n.

        Raises:
            ModelMissingError: the file is not there.
            ModelDamagedError: the file is not the card's, or nothing that can be run here.
            MissingExtraError: the provider that was asked for is not there.
        """
        return self._ready.rows(pictures)

    @Once
    def _ready(self) -> "_Ready":
        wanted = self._runtime.provider
        name = chosen(wanted, available())
        if name != "cpu":
            ready = self._trusted(name)
            if ready is not None:
                return ready
        return _Ready.of(self.card, opened(self.card, self._runtime), "cpu", self._runtime.model_seconds)

    def _trusted(self, name: str) -> "_Ready | None":
        """The model on another provider, if that gives the rows that it should."""
        try:
            session = opened(self.card, self._runtime, provider=name)
            ready = _Ready.of(self.card, session, name, self._runtime.model_seconds)
            if ready.session.get_providers()[0] == CPU:
                _log.warning(
                    "%s: %s cannot be loaded, its libraries may be missing; using the CPU", self.card.name, name
                )
                return None
            apart = _apart(ready, self._runtime)
        except ModelDamagedError as error:
            _log.warning("%s does not run on %s (%s); using the CPU", self.card.name, name, error)
            return None
        tolerance = TOLERANCE if self.card.reference is None else max(TOLERANCE, self.card.reference.tolerance)
        if apart <= tolerance:
            return ready
        _log.warning("%s gives rows on %s that are %.2g away from its own; using the CPU", self.card.name, name, apart)
        return None


@dataclass(frozen=True)
class _Ready:
    """A session with what is known of its one input and the output that is taken."""

    card: ModelCard
    session: Any
    provider: str
    output: str
    batch: int
    is_fixed: bool
    seconds: float

    @classmethod
    def of(cls, card: ModelCard, session: Any, provider: str, seconds: float) -> "_Ready":
        inputs, outputs = session.get_inputs(), [one.name for one in session.get_outputs()]
        output = card.tensor or outputs[0]
        if len(inputs) != 1 or output not in outputs or inputs[0].type not in _TYPES:
            raise ModelDamagedError(
                f"the model {card.name} takes {', '.join(f'{one.name} {one.type}' for one in inputs)} and gives "
                f"{', '.join(outputs)}, which its card does not fit",
                hint="a model has one input, pictures; `tensor` names its output",
            )
        first = (inputs[0].shape or [None])[0]
        is_fixed = isinstance(first, int) and first > 0
        if is_fixed and first > BATCH_APART:
            raise ModelDamagedError(
                f"the model {card.name} takes {first:,} pictures at a time and no fewer",
                hint=f"export it with a first axis that is free, or of at most {BATCH_APART}",
            )
        batch = first if is_fixed else BATCH_APART if provider in APART else BATCH
        return cls(card, session, provider, output, batch, is_fixed, seconds)

    def rows(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        return in_passes(pictures, self.card, self.batch, self._pass)

    def _pass(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        wanted = len(pictures)
        if self.is_fixed and wanted < self.batch:
            pictures = np.concatenate([pictures, np.repeat(pictures[:1], self.batch - wanted, axis=0)])
        given = self.session.get_inputs()[0]
        values = numbers(pictures, self.card.preparation).astype(_TYPES[given.type], copy=False)
        found = of_each(self._run(given.name, np.ascontiguousarray(values)), len(pictures), self.card)
        return rows_of(found[:wanted], self.card)

    def _run(self, name: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self.provider not in APART:
            return output_of(self.session, self.card, {name: values}, self.output, seconds=self.seconds)
        with _one_pass(self.card.name, self.seconds) as options:
            bound = self.session.io_binding()
            bound.bind_cpu_input(name, values)
            bound.bind_output(self.output, "cpu")
            self.session.run_with_iobinding(bound, options)
            found: npt.NDArray[Any] = bound.copy_outputs_to_cpu()[0]
        return found


def available() -> Sequence[str]:
    """The providers that the runtime offers, by its own names."""
    names: Sequence[str] = _runtime().get_available_providers()
    return names


def release() -> str:
    """The version of the runtime."""
    return str(_runtime().__version__)


def opened(card: Card, runtime: Runtime, *, provider: str = "cpu") -> Any:
    """A session of a file, checked byte by byte.

    Raises:
        ModelMissingError: the file is not there.
        ModelDamagedError: the file is not the card's, or nothing that can be run here.
    """
    return session_of(weights.content(card, runtime.models), card.name, runtime, provider=provider)


def session_of(data: bytes, name: str, runtime: Runtime, *, provider: str = "cpu") -> Any:
    """A session of a file's bytes; `name` is what errors call it.

    Raises:
        ModelDamagedError: nothing that can be run here, or only with other files.
    """
    onnxruntime = _runtime()
    _check_whole(name, data)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = runtime.threads or Settings().cores
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _SILENT
    # Threads that spin while they wait take the cores from the processes that decode.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The runtime's own format is none that was looked through.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    providers = listed(provider, onnxruntime.get_available_providers())
    # Should a tensor elsewhere have been missed: below a file nothing can be, and so nothing is read.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", f"{__file__}/nothing")
    try:
        session = onnxruntime.InferenceSession(data, options, providers=providers)
        # Names and axes need be no text, which shows when they are read.
        _ = [(one.name, one.shape) for one in (*session.get_inputs(), *session.get_outputs())]
    except _refusals(onnxruntime) as error:
        raise _unfit(name, error) from error
    return session


def output_of(session: Any, card: Card, values: Given, output: str, *, seconds: float) -> npt.NDArray[Any]:
    """What a session gives for its inputs by name: the output of a name, or the first if that is empty.

    Raises:
        ModelDamagedError: it cannot be run on them, or not in so many seconds.
    """
    return run(session, card.name, values, [output] if output else None, seconds=seconds)[0]


def run(
    session: Any, name: str, values: Given, outputs: Sequence[str] | None = None, *, seconds: float
) -> Sequence[npt.NDArray[Any]]:
    """All that a session gives for its inputs by name, or some outputs of it; `name` is what errors call it.

    Raises:
        ModelDamagedError: it cannot be run on them, or not in so many seconds.
    """
    with _one_pass(name, seconds) as options:
        found: Sequence[npt.NDArray[Any]] = session.run(outputs, dict(values), options)
    return found


@contextlib.contextmanager
def _one_pass(name: str, seconds: float) -> Iterator[Any]:
    """Options to run a model with once; what the runtime then refuses is told as ours."""
    onnxruntime = _runtime()
    options = onnxruntime.RunOptions()
    options.log_severity_level = _SILENT
    try:
        with ended_after(seconds, options):
            yield options
    except _refusals(onnxruntime) as error:
        if options.terminate:
            raise ModelDamagedError(
                f"the model {name} took longer than {seconds:g} seconds for one pass",
                hint="if you trust whom it is from, raise limits.model_seconds; docs/models.md says more",
            ) from error
        raise _unfit(name, error) from error


def _apart(ready: _Ready, runtime: Runtime) -> float:
    """The largest cosine distance of its rows from those on the card, or from the processor's if the card has none."""
    card = ready.card
    pictures = weights.reference_pictures(card.side)
    expected = card.reference.array(card.width) if card.reference else None
    if expected is None:
        expected = _Ready.of(card, opened(card, runtime), "cpu", runtime.model_seconds).rows(pictures)
    cosines = (ready.rows(pictures) * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    return float(1 - cosines.min())


def _check_whole(name: str, data: bytes) -> None:
    """Nothing, if all of a model is in its file."""
    try:
        is_whole = not refers_outside(data)
    except ValueError as error:
        raise _unfit(name, error) from error
    if not is_whole:
        raise ModelDamagedError(
            f"the model {name} keeps tensors in other files, which nothing has checked",
            hint="use a model that is one file",
        )


def _unfit(name: str, error: Exception) -> ModelDamagedError:
    if _NO_MEMORY.search(str(error)):
        return ModelDamagedError(
            f"the model {name} asks for more memory than there is",
            hint="while it is added, it may take `limits.model_bytes`",
        )
    return ModelDamagedError(
        f"the model {name} cannot be run here: {str(error)[:200]}",
        hint="use the version of onnxruntime that PicTrace asks for",
    )


def _runtime() -> Any:
    """ONNX Runtime, silent: from 1.32 on it would tell its makers about this machine unless it is asked not to."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is loaded
    # Imported here: who only prepares pictures, or only looks, never pays for the runtime.
    import onnxruntime

    with contextlib.suppress(AttributeError):  # older ones cannot be told, and tell nothing here
        onnxruntime.disable_telemetry_events()
    return onnxruntime


def _refusals(onnxruntime: Any) -> tuple[type[Exception], ...]:
    """What the runtime raises for a file that it cannot run, or whose names are no text; its own share no base."""
    kinds = vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
    own = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)]
    return (RuntimeError, UnicodeDecodeError, *own)
