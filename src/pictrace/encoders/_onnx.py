"""The one place that runs ONNX models: on the CPU, from bytes that were checked."""

import contextlib
import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.errors import ModelDamagedError
from pictrace.settings import Settings
from pictrace.weights import ModelCard

BATCH = 8
"""Pictures per pass: more are slower each, since the layers' outputs no longer fit the processor's cache."""

_EXTERNAL = b"\x0a\x08location\x12"
"""How a tensor says that its values are in another file (onnx.proto: TensorProto.external_data)."""


class Model:
    """A model of one input, uint8 pictures, and one output, rows; loaded when it is first asked for rows."""

    def __init__(self, card: ModelCard, *, threads: int = 0, folder: str | Path = "") -> None:
        self.card = card
        self._threads = threads or Settings().cores
        self._folder = folder

    def rows(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Rows `(n, width)` float32 of `(n, side, side, 3)` uint8 RGB pictures, any n.

        Raises:
            ModelMissingError: the file is not there.
            ModelDamagedError: the file is not the card's, or nothing that can be run here.
        """
        if not len(pictures):
            return np.empty((0, self.card.width), np.float32)
        parts = [
            self._session.run(None, {"pixels": pictures[start : start + BATCH]})[0]
            for start in range(0, len(pictures), BATCH)
        ]
        found: npt.NDArray[np.float32] = np.concatenate(parts) if len(parts) > 1 else parts[0]
        return found

    @functools.cached_property
    def _session(self) -> Any:
        onnxruntime = _runtime()
        data = weights.content(self.card, self._folder)
        if _EXTERNAL in data:
            raise ModelDamagedError(
                f"the model {self.card.name} keeps tensors in other files, which nothing has checked",
                hint="use a model that is one file",
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        # Threads that spin while they wait take the cores from the processes that decode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        refusals = _refusals(onnxruntime)
        try:
            return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except refusals as error:
            raise ModelDamagedError(
                f"the model {self.card.name} cannot be run here: {str(error)[:200]}",
                hint="use the version of onnxruntime that PicTrace asks for",
            ) from error


def _runtime() -> Any:
    """ONNX Runtime, silent: from 1.32 on it would tell its makers about this machine unless it is asked not to."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is loaded
    # Imported here: who only prepares pictures, or only looks, never pays for the runtime.
    import onnxruntime

    with contextlib.suppress(AttributeError):  # older ones cannot be told, and tell nothing here
        onnxruntime.disable_telemetry_events()
    return onnxruntime


def _refusals(onnxruntime: Any) -> tuple[type[Exception], ...]:
    """What the runtime raises for a file that it cannot run; its own exceptions share no base class."""
    kinds = vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
    own = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)]
    return (RuntimeError, *own)
