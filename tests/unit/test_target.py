import re

import pytest
from pydantic import ValidationError

from neurosim.chip.target import load_target
from neurosim.content.catalogue import content_path, list_content
from neurosim.errors import TargetError
from tests.steps import STEPS

TARGETS = list_content("hardware_targets")


@pytest.fixture
def variant(tmp_path):
    """Write loihi2.toml with one text replaced, and return its path."""

    def write(old: str, new: str):
        text = content_path("hardware_targets", "loihi2").read_text()
        assert old in text
        (tmp_path / "mine.toml").write_text(text.replace(old, new))
        return tmp_path / "mine.toml"

    return write


@pytest.mark.parametrize("name", TARGETS)
def test_shipped_targets_load_and_carry_their_name(name):
    target = load_target(name)
    assert target.name == name
    assert len(list(target.entries())) > 30


@pytest.mark.parametrize("name", TARGETS)
def test_dynamics_are_those_of_the_step_program(name):
    in_words = {re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", step).lower() for step in STEPS}
    assert "soft_reset_lif" in in_words and "lif_reset" in in_words
    assert set(load_target(name).dynamics) <= {*in_words, "own"}


@pytest.mark.parametrize("name", ["loihi1", "loihi2"])
def test_fields_that_lava_documents(name):
    limits = load_target(name).limits
    assert limits.threshold_max.value == 2**17 - 1
    assert (limits.bias_mantissa.min, limits.bias_mantissa.max) == (-(2**12), 2**12 - 1)
    assert (limits.bias_exponent.min, limits.bias_exponent.max) == (0, 7)
    assert (limits.weight_mixed.min, limits.weight_mixed.max, limits.weight_mixed.step) == (-256, 254, 2)
    assert (limits.decay_bits.value, limits.state_bits.value) == (12, 24)
    assert load_target(name).learning.trace_bits.value == 7


def test_the_chips_differ_where_they_do():
    first, second = load_target("loihi1"), load_target("loihi2")
    assert (first.limits.delay_max.value, second.limits.delay_max.value) == (62, 63)
    assert (first.placement.neurons_per_core.value, second.placement.neurons_per_core.value) == (1024, 8192)
    assert first.placement.synapse_bits_per_core.value == 128 * 1024 * 8
    assert (first.learning.factors.value, second.learning.factors.value) == (2, 3)
    assert first.dynamics["refractory_lif"].way == "chip_only"
    assert first.dynamics["lif"].way == second.dynamics["lif"].way == "stock"
    assert "soft_reset_lif" not in first.dynamics


def test_energy_is_given_only_where_it_was_published():
    assert load_target("loihi1").energy.events.synaptic_operation.picojoule == 23.6
    assert load_target("loihi2").energy.events is None
    assert "No energy per event is published" in load_target("loihi2").energy.note


def test_what_nobody_looked_up_is_listed():
    uncertain = load_target("loihi2").uncertain()
    assert uncertain["placement.neurons_per_core"].confidence == "unchecked"
    assert uncertain["placement.in_axons_per_core"].confidence == "assumed"
    assert "limits.threshold_max" not in uncertain
    assert load_target("loihi1").uncertain() == {}


def test_targets_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        load_target("loihi1").limits.decay_bits.value = 16


def test_own_target_by_path(variant):
    path = variant("{ value = 63,", "{ value = 31,")
    assert load_target(path).limits.delay_max.value == 31
    assert load_target(str(path)).limits.delay_max.value == 31


MISTAKES = {
    "missing key": ("decay_bits =", "decay_bitz =", "limits.decay_bits: field required"),
    "misspelt key": ("decay_bits =", "decay_bitz =", "limits.decay_bitz: extra inputs"),
    "text for a number": ("{ value = 63,", '{ value = "63",', "value: input should be a valid integer"),
    "fraction": ("{ value = 63,", "{ value = 63.5,", "value: input should be a valid integer"),
    "negative": ("{ value = 63,", "{ value = -1,", "delay_max.value: input should be greater"),
    "empty span": ("min = -4096", "min = 5000", "bias_mantissa: value error, min 5000 must"),
    "no source": (', source = "LV W_TRACE"', "", "learning.trace_bits.source: field required"),
    "unknown source": ('"LV W_TRACE"', '"Somebody said"', "source 'Somebody said' must begin with one of"),
    "unknown confidence": ('"unchecked"', '"sure"', "neurons_per_core.confidence: input should be"),
    "unknown way": ('way = "stock"', 'way = "magic"', "dynamics.lif.way: input should be 'stock'"),
    "formats out of order": ("[0, 1, 2,", "[1, 0, 2,", "weight_formats: value error, values [1, 0,"),
    "more bits than a word": ("state_bits = { value = 24,", "state_bits = { value = 999999999,", "state_bits.value: input"),
    "a power beyond all words": ("weight_exponent = { min = -8,", "weight_exponent = { min = -9999,", "weight_exponent.min:"),
    "more than counts": ("{ value = 63,", "{ value = 99999999999999999999,", "value: input should be less than"),
    "digits without end": ("{ value = 63,", "{ value = " + "9" * 5000 + ",", "not a TOML file"),
    "nested without end": ("[limits]", "x = " + "[" * 5000 + "]" * 5000 + "\n[limits]", "not a TOML file"),
    "not toml": ("[limits]", "[limits", "not a TOML file"),
}


@pytest.mark.parametrize("old, new, message", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_in_a_file_name_file_key_and_what_was_expected(variant, old, new, message):
    path = variant(old, new)
    with pytest.raises(TargetError) as error:
        load_target(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "loihi2.toml is a complete example" in str(error.value)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_energies_are_finite(tmp_path, value):
    text = content_path("hardware_targets", "loihi1").read_text()
    (tmp_path / "mine.toml").write_text(re.sub(r"picojoule = [0-9.]+", f"picojoule = {value}", text))
    with pytest.raises(TargetError, match="picojoule: input should be a finite number"):
        load_target(tmp_path / "mine.toml")


def test_no_regular_or_a_huge_file(tmp_path):
    (tmp_path / "mine.toml").write_bytes(bytes(2 << 20))
    with pytest.raises(TargetError, match="expected at most"):
        load_target(tmp_path / "mine.toml")


def test_file_that_is_not_text(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TargetError, match="not a TOML file"):
        load_target(tmp_path / "mine.toml")


def test_unknown_target_suggests_the_nearest():
    with pytest.raises(TargetError, match="expected one of loihi1, loihi2.*Did you mean 'loihi2'"):
        load_target("lohi2")


def test_path_without_a_file():
    with pytest.raises(TargetError, match="No hardware target at absent.toml"):
        load_target("absent.toml")
