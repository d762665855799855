"""Writes packed.json: what nn.LSTM, nn.RNN and nn.GRU give with projections and for packed sequences.

    python make_packed.py

Everything else is as in make_variants.py. Here `options` has our names, and `lengths` beside them.
"""

import json

import torch
from make import HERE, closed_form, fill, tensor_text
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

# (cell, input, hidden, layers, batch, time, projection, both ways, lengths)
CONFIGS = [
    ("lstm", 3, 5, 1, 2, 4, 2, False, None),
    ("lstm", 2, 4, 2, 3, 3, 3, True, None),
    ("lstm", 4, 3, 3, 1, 5, 1, False, None),
    ("lstm", 3, 4, 2, 4, 6, 0, True, [3, 6, 1, 4]),
    ("lstm", 2, 5, 2, 3, 5, 3, True, [2, 5, 1]),
    ("gru", 3, 4, 2, 3, 5, 0, True, [5, 1, 3]),
    ("rnn_tanh", 2, 3, 2, 3, 4, 0, True, [1, 2, 4]),
]


def build(cell, inputs, hidden, layers, projection, both):
    kinds = {"lstm": (torch.nn.LSTM, {"proj_size": projection}), "gru": (torch.nn.GRU, {})}
    kind, more = kinds.get(cell) or (torch.nn.RNN, {"nonlinearity": cell[4:]})
    return kind(inputs, hidden, layers, batch_first=True, bidirectional=both, dtype=torch.float64, **more)


def forward(module, cell, leaves, lengths):
    time = leaves["input"].shape[1]
    sequence = leaves["input"]
    if lengths:
        sequence = pack_padded_sequence(sequence, lengths, batch_first=True, enforce_sorted=False)
    output, final = module(sequence, (leaves["h0"], leaves["c0"]) if cell == "lstm" else leaves["h0"])
    if lengths:
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=time)
    return {"output": output} | dict(zip(["hN", "cN"], final if cell == "lstm" else [final]))


def config_text(index, config):
    cell, inputs, hidden, layers, batch, time, projection, both, lengths = config
    prefix = f"packed-{index}-{cell}"
    module = build(cell, inputs, hidden, layers, projection, both)
    fill(module, prefix, hidden)
    rows = layers * (2 if both else 1)
    sizes = {"h0": projection or hidden} | ({"c0": hidden} if cell == "lstm" else {})
    leaves = {"input": closed_form(f"{prefix}/input", batch, time, inputs)}
    leaves |= {name: closed_form(f"{prefix}/{name}", rows, batch, size) for name, size in sizes.items()}
    leaves = {name: leaf.requires_grad_() for name, leaf in leaves.items()}
    results = forward(module, cell, leaves, lengths)
    sum((value * closed_form(f"{prefix}/G_{name}", *value.shape)).sum() for name, value in results.items()).backward()
    results |= {f"d {name}": leaf.grad for name, leaf in leaves.items()}
    results |= {f"p {name}": parameter.grad for name, parameter in module.named_parameters()}
    options = ({"projSize": projection} if projection else {}) | ({"bidirectional": True} if both else {})
    head = {"id": prefix, "cell": cell, "inputSize": inputs, "hiddenSize": hidden, "numLayers": layers}
    head |= {"batch": batch, "time": time, "options": options} | ({"lengths": lengths} if lengths else {})
    head |= {"shapes": {name: list(value.shape) for name, value in results.items()}}
    values = ",\n".join(
        f'"{name}":{tensor_text(value.detach().numpy().ravel())}' for name, value in results.items()
    )
    return json.dumps(head)[:-1] + f',"results":{{{values}}}}}'


def main():
    text = "[\n" + ",\n".join(config_text(n, config) for n, config in enumerate(CONFIGS)) + "\n]\n"
    json.loads(text)
    (HERE / "packed.json").write_text(text)
    print(f"{len(CONFIGS)} configurations, {len(text)} bytes")


if __name__ == "__main__":
    main()
