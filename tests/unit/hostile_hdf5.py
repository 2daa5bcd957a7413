"""HDF5 files that somebody made to do harm; each a valid recording but for one thing."""

import json

import h5py
import numpy as np


def recording(path, **attributes):
    """A small recording as a program other than neurosim may write it, without a seal."""
    with h5py.File(path, "w") as file:
        file.attrs.update(format="neurosim recording", format_version=1, dt=1e-3, steps=10, samples=1, info="{}")
        file.attrs.update(attributes)
        group = file.create_group("spikes/cells")
        group.attrs["n"] = 3
        for column in ("sample", "step", "neuron", "payload"):
            group[column] = np.arange(4, dtype=np.int32) if column == "step" else np.zeros(4, np.int32)
    return path


def external_link(path, file):
    file["states"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_link_loop(path, file):
    file["states"] = h5py.SoftLink("/states")


def hard_link_loop(path, file):
    file["spikes/cells/again"] = file["spikes"]


def external_values(path, file):
    (path.parent / "secret").write_bytes(bytes(160))
    file.create_dataset("states/cells/v", (1, 10, 2), "f8", external=[(str(path.parent / "secret"), 0, 160)])


def virtual(path, file):
    layout = h5py.VirtualLayout((1, 10, 3), "f8")
    layout[0] = h5py.VirtualSource(str(path.parent / "other.h5"), "v", (10, 3))
    file.create_virtual_dataset("states/cells/v", layout)


def huge_shape(path, file):
    file.create_dataset("states/cells/v", (1, 30000, 30000), "f8", chunks=(1, 100, 100), compression="gzip")


def huge_contiguous_shape(path, file):
    file.create_dataset("states/cells/v", (1, 30000, 30000), "f8")


def bomb(path, file):
    """300 MB of zeros, in 300 kB."""
    file.create_dataset("states/cells/v", (1, 10, 3_750_000), "f8", chunks=(1, 1, 3_750_000), compression="gzip", fillvalue=1.0)
    for k in range(10):
        file["states/cells/v"][0, k] = 0.0


def deep(path, file):
    file.create_group("/".join("abcdefghij"))


def objects(path, file):
    file.create_dataset("states/cells/v", (1, 10, 3), h5py.string_dtype())


def attribute_of_objects(path, file):
    file.attrs["x"] = np.zeros(3, [("a", "i4"), ("b", "f8")])


def nested_json(path, file):
    file.attrs.create("info", json.dumps({"deep": 1}).replace("1", "[" * 5000 + "]" * 5000))


def unknown_filter(path, file):
    file.create_dataset("states/cells/v", (1, 10, 3), "f8", chunks=(1, 10, 3), compression="lzf")


def stored_type(path, file):
    file["states"] = np.dtype("f8")


STRUCTURES = {
    external_link: "link of the external kind",
    soft_link_loop: "link of the soft kind",
    hard_link_loop: "linked twice, or part of a loop",
    external_values: "are in other files",
    virtual: "are in other files",
    huge_shape: r"the shape \(1, 30000, 30000\), which needs 7200000000 bytes",
    huge_contiguous_shape: r"the shape \(1, 30000, 30000\)",
    bomb: "when unpacked, which is too many for its size",
    deep: "more than 6 deep",
    objects: "expected numbers",
    attribute_of_objects: "expected numbers or text",
    nested_json: "recursion limit|nested",
    unknown_filter: "packed with filter 32000",
    stored_type: "stored type",
}


def unequal_columns(path, file):
    del file["spikes/cells/step"]
    file["spikes/cells/step"] = np.zeros(5, np.int32)


def fractional_column(path, file):
    del file["spikes/cells/step"]
    file["spikes/cells/step"] = np.full(4, 0.5)


def neuron_outside(path, file):
    file["spikes/cells/neuron"][1] = 3


def negative_step(path, file):
    file["spikes/cells/step"][1] = -1


def twice_in_a_step(path, file):
    file["spikes/cells/step"][1] = 0


def no_column(path, file):
    del file["spikes/cells/payload"]


def state_of_another_form(path, file):
    file["states/cells/v"] = np.zeros((1, 9, 3))


def trace_without_values(path, file):
    file["weights/a_b/steps"] = np.arange(3)
    file["weights/a_b/values"] = np.zeros((2, 3, 3))


def array_for_a_group(path, file):
    file["weights"] = np.arange(3)


CONTENT = {
    unequal_columns: "columns of unequal length",
    fractional_column: "expected whole numbers",
    neuron_outside: "neuron ranges from 0 to 3; expected 0 to 2",
    negative_step: "step ranges from -1",
    twice_in_a_step: "a neuron spikes twice in a step",
    no_column: "has no payload",
    state_of_another_form: r"expected \(1, 10\) samples and steps",
    trace_without_values: "3 steps and values of shape",
    array_for_a_group: "is an array; expected a group",
}

ATTRIBUTES = [
    ({"steps": -3}, "attribute steps of / is '-3'; expected a whole number from 0"),
    ({"steps": 2.5}, "attribute steps"),
    ({"steps": 10**12}, "attribute steps"),
    ({"dt": 0.0}, "attribute dt of / is '0.0'; expected a number above 0"),
    ({"dt": np.nan}, "attribute dt"),
    ({"dt": "soon"}, "attribute dt"),
    ({"samples": [1, 2]}, "attribute samples"),
    ({"info": "[]"}, "attribute info"),
    ({"info": "{"}, "attribute info"),
    ({"info": 3}, "attribute info of / is '3'; expected text"),
]
