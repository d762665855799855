"""Writes variants.json: what nn.LSTM, nn.RNN and nn.GRU give with the options that recurrent.json leaves out.

    python make_variants.py

Everything else is as in make.py.
"""

import json

import numpy as np
import torch
from make import HERE, closed_form, fill, float32_margin, tensor_text

# (cell, input, hidden, layers, batch, time, options of PyTorch)
CONFIGS = [
    ("lstm", 1, 1, 1, 1, 1, {"bidirectional": True}),
    ("lstm", 3, 4, 1, 2, 5, {"bidirectional": True}),
    ("lstm", 5, 3, 2, 3, 7, {"bidirectional": True}),
    ("lstm", 4, 9, 3, 2, 3, {"bidirectional": True, "bias": False}),
    ("lstm", 9, 5, 1, 5, 33, {"bidirectional": True}),
    ("lstm", 2, 17, 2, 1, 4, {"bidirectional": True}),
    ("rnn_tanh", 3, 5, 2, 3, 6, {"bidirectional": True}),
    ("rnn_tanh", 1, 8, 1, 1, 9, {"bidirectional": True, "bias": False}),
    ("gru", 1, 1, 1, 1, 1, {}),
    ("gru", 3, 4, 1, 2, 5, {}),
    ("gru", 5, 3, 2, 3, 7, {}),
    ("gru", 4, 9, 3, 2, 3, {"bias": False}),
    ("gru", 9, 5, 1, 5, 33, {"bidirectional": True}),
    ("gru", 2, 17, 2, 1, 4, {"bidirectional": True}),
    ("gru", 7, 8, 1, 3, 17, {}),
]


def identify(config):
    cell, inputs, hidden, layers, batch, time, options = config
    named = "".join(f"-{name}{'' if value is True else value}" for name, value in sorted(options.items()))
    return f"{cell}-i{inputs}-h{hidden}-l{layers}-b{batch}-t{time}{named}"


def run(config, dtype=torch.float64):
    cell, inputs, hidden, layers, batch, time, options = config
    prefix = identify(config)
    kinds = {"lstm": (torch.nn.LSTM, {}), "gru": (torch.nn.GRU, {})}
    kind, more = kinds.get(cell) or (torch.nn.RNN, {"nonlinearity": cell[4:]})
    module = kind(inputs, hidden, layers, batch_first=True, dtype=torch.float64, **more, **options)
    fill(module, prefix, hidden)
    module = module.to(dtype)
    rows = layers * (2 if options.get("bidirectional") else 1)
    states = ["h0", "c0"] if cell == "lstm" else ["h0"]
    leaves = {"input": closed_form(f"{prefix}/input", batch, time, inputs)}
    leaves |= {name: closed_form(f"{prefix}/{name}", rows, batch, hidden) for name in states}
    leaves = {name: leaf.to(dtype).requires_grad_() for name, leaf in leaves.items()}
    output, final = module(leaves["input"], (leaves["h0"], leaves["c0"]) if cell == "lstm" else leaves["h0"])
    results = {"output": output} | dict(zip(["hN", "cN"], final if cell == "lstm" else [final]))
    sum((value * closed_form(f"{prefix}/G_{name}", *value.shape)).sum() for name, value in results.items()).backward()
    results |= {f"d {name}": leaf.grad for name, leaf in leaves.items()}
    results |= {f"p {name}": parameter.grad for name, parameter in module.named_parameters()}
    shapes = {name: list(value.shape) for name, value in results.items()}
    return {name: value.detach().double().numpy().ravel() for name, value in results.items()}, shapes


def config_text(config, results, shapes):
    cell, inputs, hidden, layers, batch, time, options = config
    head = {"id": identify(config), "cell": cell, "inputSize": inputs, "hiddenSize": hidden, "numLayers": layers}
    head |= {"batch": batch, "time": time, "options": options, "shapes": shapes}
    values = ",\n".join(f'"{name}":{tensor_text(value)}' for name, value in results.items())
    return json.dumps(head)[:-1] + f',"results":{{{values}}}}}'


def main():
    texts, margins = [], []
    for config in CONFIGS:
        results, shapes = run(config)
        margins.append(float32_margin(results, run(config, torch.float32)[0]))
        texts.append(config_text(config, results, shapes))
    text = "[\n" + ",\n".join(texts) + "\n]\n"
    json.loads(text)
    (HERE / "variants.json").write_text(text)
    print(f"{len(texts)} configurations, {len(text)} bytes")
    print("float32 uses %.3f of the tolerance of an element, %.3f of a sum's" % tuple(np.max(margins, axis=0)))


if __name__ == "__main__":
    main()
