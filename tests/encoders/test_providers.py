"""encoders._providers: what models run on, of what a runtime offers."""

import pytest

from pictrace.encoders._providers import CPU, NAMES, chosen, listed, named
from pictrace.errors import MissingExtraError
from pictrace.settings import PROVIDERS

CUDA, TENSORRT = NAMES["cuda"], NAMES["tensorrt"]


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ([CPU], "cpu"),
        (["AzureExecutionProvider", CPU], "cpu"),
        ([CUDA, CPU], "cuda"),
        ([CPU, CUDA, TENSORRT], "tensorrt"),
        ([NAMES["openvino"], CPU], "openvino"),
        ([NAMES["coreml"], CPU], "coreml"),
        ([NAMES["directml"], CPU], "directml"),
    ],
)
def test_the_quickest_that_is_there_is_taken(available, expected) -> None:
    """`auto` never takes what sends pictures away."""
    assert chosen("auto", available) == expected


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name not in {"auto", "cpu"}])
def test_a_provider_that_is_not_there_says_how_to_get_it(name) -> None:
    """Every setting but the two that are everywhere."""
    with pytest.raises(MissingExtraError, match=f"runs models on cpu, not on {name}") as caught:
        chosen(name, [CPU])

    assert "onnxruntime" in caught.value.hint


def test_the_processor_can_be_asked_for_where_there_is_more() -> None:
    """A named one is taken, whatever is quicker."""
    assert chosen("cpu", [TENSORRT, CUDA, CPU]) == "cpu"


def test_every_setting_is_known() -> None:
    """The names of the setting are those of the table."""
    assert {"auto", *NAMES} == set(PROVIDERS)


@pytest.mark.parametrize(
    ("name", "available", "expected"),
    [
        ("cpu", [CUDA, CPU], [CPU]),
        ("cuda", [TENSORRT, CUDA, CPU], [CUDA, CPU]),
        ("tensorrt", [TENSORRT, CUDA, CPU], [TENSORRT, CUDA, CPU]),
        ("tensorrt", [TENSORRT, CPU], [TENSORRT, CPU]),
    ],
)
def test_others_take_over_what_a_provider_cannot_run(name, available, expected) -> None:
    """The processor is always the last."""
    assert listed(name, available) == expected


def test_offered_providers_have_their_settings_names() -> None:
    """The quickest first; those that no setting names are left out."""
    assert named([CPU, "AzureExecutionProvider", CUDA]) == ("cuda", "cpu")
