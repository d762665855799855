"""Writes keras.json: what recurrent layers of Keras 3 give, in float64, with masks and initial states.

    pip install keras torch numpy
    KERAS_BACKEND=torch python make_keras.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

HERE = pathlib.Path(__file__).parent
UNITS, FEATURES, BATCH, TIME = 3, 2, 2, 5
MASK = [[0, 1, 0, 1, 1], [1, 0, 0, 1, 0]]

# (layer, configuration, whether a mask, whether initial states). A masked first step that repeats gives zeros in Keras,
# even with an initial state: here it gives that state, so the two do not come together.
CASES = [
    ("LSTM", {"return_sequences": True}, True, False),
    ("LSTM", {"return_sequences": True, "zero_output_for_mask": True}, True, True),
    ("LSTM", {"recurrent_activation": "hard_sigmoid", "go_backwards": True, "return_sequences": True}, False, True),
    ("LSTM", {"go_backwards": True}, True, False),
    ("LSTM", {"merge_mode": "concat", "return_sequences": True}, True, False),
    ("GRU", {"reset_after": True, "return_sequences": True}, True, False),
    ("GRU", {"reset_after": True, "recurrent_activation": "hard_sigmoid"}, False, True),
    ("GRU", {"reset_after": False, "return_sequences": True, "zero_output_for_mask": True}, True, True),
    ("GRU", {"reset_after": False, "activation": "relu", "go_backwards": True, "return_sequences": True}, True, False),
    ("GRU", {"reset_after": True, "merge_mode": "sum"}, True, False),
    ("SimpleRNN", {"activation": "relu", "return_sequences": True}, True, False),
    ("SimpleRNN", {"merge_mode": "mul", "return_sequences": True, "zero_output_for_mask": True}, True, False),
]  # fmt: skip


def stored(values):
    values = np.asarray(values, dtype=np.float64)
    return {"data": [float(f"{value:.9g}") for value in values.ravel()], "shape": list(values.shape)}


def single(random, *shape):
    """Values that a float32 holds exactly."""
    return random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)


def run(number, kind, config, masked, stateful):
    random = np.random.default_rng(number)
    options = {name: value for name, value in config.items() if name != "merge_mode"}
    layer = getattr(keras.layers, kind)(UNITS, **options)
    if "merge_mode" in config:
        layer = keras.layers.Bidirectional(layer, merge_mode=config["merge_mode"])
    layer.build((BATCH, TIME, FEATURES))
    weights = [single(random, *weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    data = single(random, BATCH, TIME, FEATURES)
    states = [single(random, BATCH, UNITS) for _ in range(2 if kind == "LSTM" else 1)] if stateful else None
    mask = np.array(MASK, bool) if masked else None
    output = layer(data, mask=mask, initial_state=states)
    case = {"name": " ".join([kind, *(f"{name} {value}" for name, value in config.items())])}
    case |= {"config": {"kind": kind, "keras": 3, **config}}
    case |= {"input": stored(data), "weights": [stored(weight) for weight in weights]}
    case |= {"mask": stored(MASK)} if masked else {}
    case |= {"states": [stored(state[None]) for state in states]} if stateful else {}
    case["name"] += (" with a mask" if masked else "") + (" from states" if stateful else "")
    return case | {"expected": stored(keras.ops.convert_to_numpy(output))}


def main():
    keras.config.set_floatx("float64")
    cases = [run(number, *case) for number, case in enumerate(CASES)]
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    (HERE / "keras.json").write_text(text)
    print(f"{len(cases)} layers of Keras {keras.__version__}, {len(text)} bytes")


if __name__ == "__main__":
    main()
