"""Writes options.json: recurrent layers with every option, in float64, forward and every gradient.

    python make_options.py

The layers are those of option_cells.py; where PyTorch's own modules have the options (projections, packed sequences,
biases, directions), they have to agree to 1e-12. Everything else is as in make.py.
"""

import json

import numpy as np
import torch
from make import HERE, closed_form, float32_margin, weight_scale
from option_cells import FUNCTIONS, parameter_shapes, run_layers

LIMIT = 400_000
BOTH = {"bidirectional": True}
RAGGED = {"lengths": [3, 5, 2]}
SHORT = {"lengths": [2, 3, 1]}  # nothing reaches the last step
GAPS = {"mask": [[0, 1, 1, 0, 1], [1, 0, 0, 1, 0], [1, 1, 0, 1, 1]]}
VALUED = {
    "hardSigmoid": {"alpha": 0.3, "beta": 0.4},
    "affine": {"alpha": 0.7, "beta": 0.1},
    "leakyRelu": {"alpha": 0.2},
    "thresholdedRelu": {"alpha": 0.1},
    "scaledTanh": {"alpha": 1.5, "beta": 0.6},
    "elu": {"alpha": 0.5},
}
named = lambda name: {"name": name, **VALUED[name]} if name in VALUED else name

# (name, cell, [input, hidden, layers, batch, time], options of the layer, options of the call)
TORCH = [
    ("projected", "lstm", [3, 5, 1, 2, 4], {"projSize": 2}, {}),
    ("projected-no-bias", "lstm", [2, 9, 2, 2, 3], {"projSize": 1, "bias": False}, {}),
    ("projected-both", "lstm", [4, 5, 2, 2, 4], {"projSize": 3, **BOTH}, {}),
    ("projected-ragged", "lstm", [2, 4, 2, 3, 5], {"projSize": 3, **BOTH}, RAGGED),
    ("ragged", "lstm", [3, 4, 1, 3, 5], {}, RAGGED),
    ("ragged-both", "lstm", [3, 3, 2, 3, 5], BOTH, RAGGED),
    ("ragged-one", "lstm", [2, 5, 1, 4, 3], {}, {"lengths": [1, 3, 1, 2]}),
    ("ragged", "gru", [3, 4, 2, 3, 5], BOTH, RAGGED),
    ("ragged-no-bias", "gru", [2, 5, 1, 3, 5], {"bias": False}, RAGGED),
    ("ragged", "rnn", [3, 4, 2, 3, 5], BOTH, RAGGED),
    ("ragged-relu", "rnn", [2, 4, 1, 3, 5], {"activations": ["relu"]}, RAGGED),
    ("short", "lstm", [3, 4, 1, 3, 5], BOTH, SHORT),
    ("short", "gru", [3, 4, 1, 3, 5], BOTH, SHORT),
    ("short", "rnn", [3, 4, 2, 3, 5], {}, SHORT),
    ("no-bias", "lstm", [3, 4, 2, 2, 3], {"bias": False}, {}),
    ("no-bias", "rnn", [3, 4, 2, 2, 3], {"bias": False}, {}),
]
CELLS = [
    ("single-bias", "lstm", [3, 4, 1, 2, 4], {"bias": "single"}, {}),
    ("single-bias", "gru", [3, 4, 1, 2, 4], {"bias": "single"}, {}),
    ("single-bias", "rnn", [3, 4, 1, 2, 4], {"bias": "single", **BOTH}, {}),
    ("peepholes", "lstm", [3, 4, 1, 2, 5], {"peepholes": True}, {}),
    ("peepholes-both", "lstm", [2, 3, 2, 2, 4], {"peepholes": True, **BOTH}, {}),
    ("coupled", "lstm", [3, 5, 1, 2, 4], {"coupled": True}, {}),
    ("coupled-peepholes", "lstm", [2, 4, 1, 2, 4], {"coupled": True, "peepholes": True}, {}),
    ("clip", "lstm", [3, 5, 1, 2, 4], {"clip": 0.25}, {}),
    ("clip-peepholes", "lstm", [2, 4, 2, 2, 4], {"clip": 0.3, "peepholes": True}, {}),
    ("clip", "gru", [3, 5, 1, 2, 4], {"clip": 0.3}, {}),
    ("clip", "rnn", [3, 5, 1, 2, 4], {"clip": 0.3, **BOTH}, {}),
    ("cell-clip", "lstm", [3, 5, 1, 3, 5], {"cellClip": 0.25}, {}),
    ("both-clips", "lstm", [2, 4, 1, 3, 5], {"cellClip": 0.4, "clip": 0.2}, {}),
    ("norm-cell", "lstm", [3, 4, 1, 2, 4], {"layerNorm": "cell"}, {}),
    ("norm-cell-both", "lstm", [2, 3, 2, 2, 3], {"layerNorm": "cell", "normEpsilon": 1e-3, **BOTH}, {}),
    ("norm-cell-peepholes", "lstm", [2, 5, 1, 2, 4], {"layerNorm": "cell", "peepholes": True, "cellClip": 0.5}, {}),
    ("norm-cell-projected", "lstm", [2, 5, 1, 2, 4], {"layerNorm": "cell", "projSize": 2}, {}),
    ("norm-cell-no-bias", "lstm", [2, 4, 1, 2, 4], {"layerNorm": "cell", "bias": False, "clip": 0.5}, {}),
    ("norm-gate", "lstm", [3, 4, 1, 2, 4], {"layerNorm": "gate"}, {}),
    ("norm-gate-both", "lstm", [2, 3, 2, 2, 3], {"layerNorm": "gate", "normEpsilon": 1e-3, **BOTH}, {}),
    ("norm-gate-peepholes", "lstm", [2, 5, 1, 2, 4], {"layerNorm": "gate", "peepholes": True, "cellClip": 0.5}, {}),
    ("norm-gate-projected", "lstm", [2, 5, 1, 2, 4], {"layerNorm": "gate", "projSize": 2, "coupled": True}, {}),
    ("norm-gate-no-bias", "lstm", [2, 4, 1, 2, 4], {"layerNorm": "gate", "bias": False, "clip": 0.5}, {}),
    ("zoneout", "lstm", [3, 5, 1, 2, 4], {"zoneout": 0.25}, {}),
    ("zoneout-h", "lstm", [2, 4, 2, 2, 4], {"zoneout": {"h": 0.375}}, {}),
    ("zoneout-c", "lstm", [2, 4, 1, 2, 4], {"zoneout": {"c": 0.5}, **BOTH}, {}),
    ("zoneout-projected", "lstm", [2, 4, 1, 2, 4], {"zoneout": {"h": 0.25, "c": 0.5}, "projSize": 2}, {}),
    ("zoneout-peepholes", "lstm", [2, 4, 1, 2, 4], {"zoneout": {"h": 0.25, "c": 0.5}, "peepholes": True, "cellClip": 0.5}, {}),
    ("zoneout", "gru", [3, 4, 1, 2, 4], {"zoneout": 0.25}, {}),
    ("zoneout-before", "gru", [2, 4, 1, 2, 4], {"zoneout": {"h": 0.5}, "resetAfter": False}, {}),
    ("zoneout", "rnn", [3, 4, 2, 2, 4], {"zoneout": 0.25}, {}),
    ("dropouts", "lstm", [3, 4, 1, 2, 3], {"inputDropout": 0.5, "recurrentDropout": 0.25}, {}),
    ("dropouts", "gru", [3, 4, 1, 2, 3], {"inputDropout": 0.5, "recurrentDropout": 0.25, "resetAfter": False}, {}),
    ("dropouts", "rnn", [3, 4, 1, 2, 3], {"inputDropout": 0.5, "recurrentDropout": 0.25}, {}),
    ("before", "gru", [3, 5, 1, 2, 5], {"resetAfter": False}, {}),
    ("before-both", "gru", [2, 4, 2, 2, 4], {"resetAfter": False, **BOTH}, {}),
    ("before-no-bias", "gru", [2, 4, 1, 2, 4], {"resetAfter": False, "bias": False, "clip": 0.4}, {}),
    ("before-ragged", "gru", [2, 4, 1, 3, 5], {"resetAfter": False, "bias": "single", **BOTH}, RAGGED),
    ("gaps", "lstm", [3, 4, 1, 3, 5], {}, GAPS),
    ("gaps-zeros", "lstm", [2, 4, 1, 3, 5], {"maskedOutput": "zeros"}, GAPS),
    ("gaps-both", "lstm", [2, 3, 2, 3, 5], {"peepholes": True, **BOTH}, GAPS),
    ("gaps-ragged", "lstm", [2, 3, 2, 3, 5], BOTH, {**GAPS, **RAGGED}),
    ("gaps-ragged-zeros", "lstm", [2, 3, 1, 3, 5], {"maskedOutput": "zeros", "reverse": True}, {**GAPS, **RAGGED}),
    ("gaps-short", "lstm", [2, 3, 1, 3, 5], {"peepholes": True, **BOTH}, {**GAPS, **SHORT}),
    ("gaps-all", "gru", [2, 3, 1, 2, 4], {"reverse": True}, {"mask": [[0, 0, 0, 0], [1, 0, 0, 1]]}),
    ("gaps-all", "lstm", [2, 3, 1, 2, 4], {}, {"mask": [[0, 0, 0, 0], [0, 1, 1, 0]]}),
    ("gaps-zoneout", "lstm", [2, 4, 1, 3, 5], {"zoneout": 0.25, "projSize": 2}, GAPS),
    ("gaps", "gru", [2, 4, 2, 3, 5], BOTH, GAPS),
    ("gaps-before", "gru", [2, 4, 1, 3, 5], {"resetAfter": False, "maskedOutput": "zeros"}, GAPS),
    ("gaps", "rnn", [2, 4, 2, 3, 5], {"maskedOutput": "zeros"}, GAPS),
    ("learned", "lstm", [3, 4, 1, 2, 4], {"learnInitial": True}, {}),
    ("learned-both", "lstm", [2, 4, 2, 3, 5], {"learnInitial": True, "projSize": 2, **BOTH}, RAGGED),
    ("learned-given", "lstm", [2, 3, 1, 2, 3], {"learnInitial": True}, {"given": True}),
    ("learned", "gru", [2, 4, 1, 3, 5], {"learnInitial": True, "resetAfter": False}, GAPS),
    ("learned", "rnn", [2, 4, 2, 2, 3], {"learnInitial": True, **BOTH}, {}),
    ("everything-cell", "lstm", [2, 5, 2, 3, 5], {"peepholes": True, "clip": 0.9, "cellClip": 0.6, "layerNorm": "cell", "zoneout": 0.125, "projSize": 3, **BOTH}, {**GAPS, **RAGGED}),
    ("everything-gate", "lstm", [2, 5, 1, 3, 5], {"peepholes": True, "coupled": True, "clip": 0.9, "cellClip": 0.2, "layerNorm": "gate", "zoneout": 0.125, "projSize": 3, "learnInitial": True, "activations": ["hardSigmoid", "softsign", "elu"], **BOTH}, {**GAPS, **RAGGED}),
    ("two-lists", "lstm", [2, 4, 1, 2, 4], {"activations": [["sigmoid", "tanh", "relu"], ["hardSigmoid", named("elu"), "softsign"]], **BOTH}, {}),
    ("two-lists", "gru", [2, 4, 1, 2, 4], {"activations": [["sigmoid", "softsign"], [named("hardSigmoid"), "tanh"]], **BOTH}, {}),
    ("two-lists", "rnn", [2, 4, 1, 2, 4], {"activations": [[named("scaledTanh")], ["softplus"]], **BOTH}, {}),
]  # fmt: skip


def activations():
    """Each function with its defaults in an RNN, with values of its own everywhere else."""
    names = list(FUNCTIONS)
    turned = lambda n: named(names[n % len(names)])
    for n, name in enumerate(names):
        if name not in ("tanh", "scaledTanh"):
            yield (f"{name}-default", "rnn", [2, 3, 1, 2, 4], {"activations": [name]}, {})
        if name in VALUED:
            yield (name, "rnn", [2, 3, 2, 2, 3], {"activations": [named(name)]}, {})
        yield (name, "lstm", [2, 3, 1, 2, 4], {"activations": [turned(n + 3), named(name), turned(n + 7)]}, {})
        yield (name, "gru", [2, 3, 1, 2, 4], {"activations": [named(name), turned(n + 5)]}, {})


def leaves_of(config, prefix, dtype):
    """Inputs and parameters, of the order of 1 / sqrt(size) as in make.py; a learned state is its row for each sequence."""
    _, cell, (inputs, hidden, layers, batch, time), options, call = config
    leaf = lambda name, *shape, scale=1.0: (
        closed_form(f"{prefix}/{name}", *shape, scale=scale).to(dtype).requires_grad_()
    )
    shapes = parameter_shapes(cell, inputs, hidden, layers, options)
    parameters = {
        name: leaf(name, *shape, scale=weight_scale(max([hidden, *shape[1:]]))) for name, shape in shapes.items()
    }
    rows = layers * (2 if options.get("bidirectional") else 1)
    widths = {"h0": options.get("projSize", hidden)} | ({"c0": hidden} if cell == "lstm" else {})
    states = {}
    for name, width in widths.items():
        own = [value for key, value in parameters.items() if key.startswith(f"{name}_l")]
        if own and not call.get("given"):
            states[name] = torch.stack(own)[:, None].expand(rows, batch, width).clone()
            states[name].retain_grad()
        else:
            states[name] = leaf(name, rows, batch, width)
    return leaf("input", batch, time, inputs), states, parameters


def places(config):
    """[batch, time]: the steps that are taken, and those that lie within a sequence."""
    _, _, (_, _, _, batch, time), _, call = config
    lengths = torch.tensor(call.get("lengths", [time] * batch))
    within = torch.arange(time)[None] < lengths[:, None]
    return within & torch.tensor(call.get("mask", [[1] * time] * batch), dtype=torch.bool), within


def finish(results, prefix, given, parameters):
    weighted = [(value * closed_form(f"{prefix}/G_{name}", *value.shape)).sum() for name, value in results.items()]
    sum(weighted).backward()
    results |= {f"d {name}": leaf.grad for name, leaf in given.items()}
    zero = torch.zeros(())
    results |= {
        f"p {name}": leaf.grad if leaf.grad is not None else zero.expand(leaf.shape)
        for name, leaf in parameters.items()
    }
    shapes = {name: list(value.shape) for name, value in results.items()}
    return {name: value.detach().double().numpy().ravel() for name, value in results.items()}, shapes


def run(config, prefix, dtype=torch.float64):
    _, cell, (_, _, layers, _, _), options, _ = config
    data, states, parameters = leaves_of(config, prefix, dtype)
    c0 = states.get("c0", states["h0"])
    output, h, c = run_layers(cell, layers, parameters, data, states["h0"], c0, options, *places(config))
    results = {"output": output, "hN": h} | ({"cN": c} if cell == "lstm" else {})
    return finish(results, prefix, {"input": data, **states}, parameters)


def run_torch(config, prefix):
    """The same on PyTorch's own module."""
    _, cell, (inputs, hidden, layers, _, time), options, call = config
    data, states, parameters = leaves_of(config, prefix, torch.float64)
    more = {"proj_size": options["projSize"]} if "projSize" in options else {}
    more |= {"nonlinearity": options["activations"][0]} if "activations" in options else {}
    flags = {name: options[name] for name in ("bias", "bidirectional") if name in options}
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[cell]
    module = kind(inputs, hidden, layers, batch_first=True, dtype=torch.float64, **flags, **more)
    assert [name for name, _ in module.named_parameters()] == list(parameters)
    module.load_state_dict(parameters)
    lengths = call.get("lengths")
    packed = torch.nn.utils.rnn.pack_padded_sequence(data, lengths, True, False) if lengths else data
    output, last = module(packed, (states["h0"], states["c0"]) if cell == "lstm" else states["h0"])
    if lengths:
        output, _ = torch.nn.utils.rnn.pad_packed_sequence(output, True, total_length=time)
    results = {"output": output} | dict(zip(["hN", "cN"], last if cell == "lstm" else [last]))
    return finish(results, prefix, {"input": data, **states}, dict(module.named_parameters()))[0]


SILENT = {"bidirectional", "bias", "projSize", "normEpsilon", "inputDropout", "recurrentDropout", "learnInitial", "reverse"}


def check_options(config, prefix, results):
    """An option that changes nothing tests nothing."""
    name, cell, sizes, options, call = config
    for option in options.keys() - SILENT:
        others = {key: value for key, value in options.items() if key != option}
        apart = run((name, cell, sizes, others, call), prefix)[0]["output"] - results["output"]
        assert np.abs(apart).max() > 1e-3, (prefix, option)


def config_text(config, prefix, results, shapes):
    _, cell, sizes, options, call = config
    head = {"id": prefix, "cell": cell}
    head |= dict(zip(["inputSize", "hiddenSize", "numLayers", "batch", "time"], sizes))
    head |= {"options": options, "call": call, "shapes": shapes}
    values = ",\n".join(f'"{name}":{tensor_text(name, results)}' for name in results)
    return json.dumps(head, separators=(",", ":"))[:-1] + f',"results":{{{values}}}}}'


def tensor_text(name, results):
    """Seven digits, far below the tolerance; the name of the other bias where both gradients are the same."""
    twin = name.replace("bias_hh", "bias_ih")
    if twin != name and np.array_equal(results[name], results[twin]):
        return json.dumps(twin)
    return "[" + ",".join("0" if value == 0 else f"{value:.7g}" for value in results[name]) + "]"


def main():
    texts, margins = [], []
    for config in [*TORCH, *CELLS, *activations()]:
        prefix = f"{config[1]}-{config[0]}"
        results, shapes = run(config, prefix)
        if config in TORCH:
            theirs = run_torch(config, prefix)
            assert all(np.allclose(theirs[name], value, rtol=0, atol=1e-12) for name, value in results.items()), prefix
        check_options(config, prefix, results)
        margins.append(float32_margin(results, run(config, prefix, torch.float32)[0])[0])
        texts.append(config_text(config, prefix, results, shapes))
    text = "[\n" + ",\n".join(texts) + "\n]\n"
    ids = [entry["id"] for entry in json.loads(text)]
    assert len(set(ids)) == len(ids) and len(text) < LIMIT, len(text)
    (HERE / "options.json").write_text(text)
    print(f"{len(texts)} configurations, {len(text)} bytes")
    print(f"float32 uses {max(margins):.3f} of the tolerance")


if __name__ == "__main__":
    main()
