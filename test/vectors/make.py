"""Writes recurrent.json: nn.LSTM and nn.RNN in float64, forward and every gradient.

    pip install torch numpy
    python make.py && python make_more.py

Inputs, weights, states and output gradients come from `closed_form`, whose values a float32 holds exactly, so
none of them is stored: closed-form.ts computes the same ones. The loss of each configuration is
sum(output * G_output) + sum(hN * G_hN) + sum(cN * G_cN). Sequences are [batch, time, features].
"""

import itertools
import json
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
WHOLE = 1000  # a tensor of up to this many elements is stored whole
SAMPLES = 64  # of a larger one so many elements are, and two sums
STRIDE = 7919  # prime, so that j * STRIDE % size visits every row block and every column

# (input, hidden, layers, batch, time, bias): found by a search for few stored values under these conditions, which
# `check_coverage` asserts: every pair of values of any two factors (LSTM), every (layers, batch, time).
LSTM = [
    (1, 1, 3, 1, 17, True), (1, 3, 1, 1, 2, True), (1, 4, 1, 5, 17, False), (1, 5, 2, 1, 17, True),
    (1, 17, 1, 1, 2, True), (1, 64, 1, 1, 1, True), (3, 1, 3, 5, 2, True), (3, 3, 3, 1, 1, True),
    (3, 4, 2, 1, 1, True), (3, 5, 1, 1, 17, True), (3, 5, 3, 1, 17, True), (3, 17, 2, 1, 1, True),
    (3, 64, 2, 5, 1, False), (4, 1, 2, 5, 1, False), (4, 3, 1, 5, 17, True), (4, 4, 1, 5, 2, True),
    (4, 4, 1, 5, 17, True), (4, 5, 3, 1, 1, False), (4, 17, 3, 1, 2, False), (4, 64, 1, 1, 17, True),
    (5, 1, 3, 5, 1, True), (5, 3, 2, 5, 17, True), (5, 4, 2, 1, 2, True), (5, 5, 2, 1, 17, True),
    (5, 17, 1, 5, 1, True), (5, 17, 2, 5, 2, True), (5, 64, 2, 5, 2, False), (17, 1, 1, 1, 17, True),
    (17, 3, 1, 5, 1, False), (17, 4, 2, 1, 2, True), (17, 5, 1, 5, 2, True), (17, 17, 2, 5, 17, True),
    (17, 64, 3, 1, 2, True), (64, 1, 3, 5, 1, True), (64, 3, 3, 1, 17, True), (64, 4, 3, 5, 2, True),
    (64, 5, 3, 5, 17, True), (64, 17, 2, 5, 17, True), (64, 64, 1, 1, 1, False), (64, 64, 3, 5, 17, True),
]  # fmt: skip
RNN_TANH = [
    (1, 4, 3, 5, 2, True), (1, 17, 1, 1, 1, False), (1, 64, 2, 1, 1, True), (3, 1, 2, 5, 17, True),
    (3, 5, 3, 1, 1, True), (3, 64, 1, 1, 2, False), (4, 1, 1, 5, 1, True), (4, 3, 2, 5, 2, True),
    (4, 4, 3, 1, 17, False), (5, 3, 3, 5, 1, False), (5, 4, 2, 1, 17, True), (5, 5, 1, 5, 2, True),
    (17, 1, 3, 1, 2, False), (17, 3, 1, 1, 17, True), (17, 4, 2, 5, 1, True), (64, 5, 2, 1, 2, False),
    (64, 17, 1, 5, 17, True), (64, 64, 3, 5, 17, True),
]  # fmt: skip
RNN_RELU = [
    (1, 3, 3, 5, 1, True), (1, 4, 2, 5, 2, True), (1, 64, 1, 1, 17, True), (3, 1, 3, 1, 17, True),
    (3, 4, 1, 1, 17, True), (3, 64, 2, 1, 2, False), (4, 3, 3, 5, 2, False), (4, 5, 2, 1, 1, True),
    (4, 17, 1, 5, 17, True), (5, 1, 2, 5, 1, True), (5, 3, 1, 5, 2, True), (5, 4, 3, 1, 1, False),
    (17, 5, 3, 1, 2, True), (17, 17, 1, 1, 1, False), (17, 64, 2, 5, 17, True), (64, 1, 1, 5, 1, True),
    (64, 3, 2, 1, 17, True), (64, 5, 3, 5, 17, False),
]  # fmt: skip


def closed_form(name, *shape, scale=1.0):
    """Odd multiples of scale / 4096 in (-scale, scale), never 0: FNV-1a of the name, MurmurHash3's finaliser of each index."""
    seed = 0x811C9DC5
    for character in name:
        seed = ((seed ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(seed) + np.arange(np.prod(shape, dtype=int), dtype=np.uint64) * np.uint64(0x9E3779B1)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    values = (2.0 * (x >> np.uint64(20)).astype(np.float64) - 4095.0) / 4096.0 * scale
    return torch.from_numpy(values.reshape(shape))


def weight_scale(size):
    """The power of two next to 1 / sqrt(size)."""
    scale = 1.0
    while scale * scale * size > 2:
        scale /= 2
    return scale


def identify(cell, config):
    inputs, hidden, layers, batch, time, bias = config
    return f"{cell}-i{inputs}-h{hidden}-l{layers}-b{batch}-t{time}" + ("" if bias else "-nobias")


def build(cell, config, prefix):
    inputs, hidden, layers, _, _, bias = config
    kind, more = (torch.nn.LSTM, {}) if cell == "lstm" else (torch.nn.RNN, {"nonlinearity": cell[4:]})
    module = kind(inputs, hidden, layers, bias=bias, batch_first=True, dtype=torch.float64, **more)
    fill(module, prefix, hidden)
    return module


def fill(module, prefix, size):
    """Of the order of 1 / sqrt(size), or of 1 / sqrt(columns) for a wider matrix, so that no gate saturates."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            scale = weight_scale(max([size, *parameter.shape[1:]]))
            parameter.copy_(closed_form(f"{prefix}/{name}", *parameter.shape, scale=scale))


def run(cell, config, dtype=torch.float64):
    """Every result of one configuration, by name: output, hN, cN; gradients begin with 'd ' or 'p ' (parameters)."""
    inputs, hidden, layers, batch, time, _ = config
    prefix = identify(cell, config)
    module = build(cell, config, prefix).to(dtype)
    states = ["h0", "c0"] if cell == "lstm" else ["h0"]
    leaves = {"input": closed_form(f"{prefix}/input", batch, time, inputs)}
    leaves |= {name: closed_form(f"{prefix}/{name}", layers, batch, hidden) for name in states}
    leaves = {name: leaf.to(dtype).requires_grad_() for name, leaf in leaves.items()}
    state = (leaves["h0"], leaves["c0"]) if cell == "lstm" else leaves["h0"]
    output, final = module(leaves["input"], state)
    results = {"output": output} | dict(zip(["hN", "cN"], final if cell == "lstm" else [final]))
    sum((value * closed_form(f"{prefix}/G_{name}", *value.shape)).sum() for name, value in results.items()).backward()
    results |= {f"d {name}": leaf.grad for name, leaf in leaves.items()}
    results |= {f"p {name}": parameter.grad for name, parameter in module.named_parameters()}
    if cell == "rnn_relu" and dtype == torch.float64:
        check_kinks(module, leaves, output)
    return {name: value.detach().double().numpy().ravel() for name, value in results.items()}


def check_kinks(module, leaves, output):
    """A pre-activation next to 0 would give a float32 implementation the other side's derivative."""
    nearest = np.inf
    below = leaves["input"]
    for layer in range(module.num_layers):
        parts = {name[:-3]: p for name, p in module.named_parameters() if name.endswith(f"_l{layer}")}
        h, outputs = leaves["h0"][layer], []
        for t in range(below.shape[1]):
            a = below[:, t] @ parts["weight_ih"].T + h @ parts["weight_hh"].T
            a = a + parts.get("bias_ih", 0) + parts.get("bias_hh", 0)
            nearest = min(nearest, a[a != 0].abs().min().item() if (a != 0).any() else np.inf)
            h = a.relu()
            outputs.append(h)
        below = torch.stack(outputs, 1)
    assert torch.allclose(below, output) and nearest > 1e-5, nearest


def number(value):
    return "0" if value == 0 else f"{value:.9g}"


def sampled(values):
    return values[(np.arange(SAMPLES) * STRIDE) % values.size]


def sums(values):
    """The plain sum, and one with weights that see a permutation."""
    weights = ((np.arange(values.size) * 7919) % 101 - 50) / 64
    return values.sum(), (values * weights).sum()


def tensor_text(values):
    kept = values if values.size <= WHOLE else sampled(values)
    text = f'{{"max":{number(np.abs(values).max())},"values":[{",".join(map(number, kept))}]'
    if values.size > WHOLE:
        total, weighted = sums(values)
        text += f',"sum":{number(total)},"weighted":{number(weighted)}'
    return text + "}"


def config_text(cell, config, results):
    head = dict(zip(["inputSize", "hiddenSize", "numLayers", "batch", "time", "bias"], config))
    fields = [f'"{key}":{json.dumps(value)}' for key, value in {"id": identify(cell, config), "cell": cell, **head}.items()]
    for group, mark in (("forward", ""), ("gradients", "d "), ("parameters", "p ")):
        entries = []
        for name, values in results.items():
            if (name[:2] if name[:2] in ("d ", "p ") else "") != mark:
                continue
            twin = name.replace("bias_hh", "bias_ih")
            same = twin != name and np.array_equal(values, results[twin])  # both biases enter one sum: equal gradients
            entries.append(f'"{name[len(mark):]}":' + (json.dumps(twin[len(mark):]) if same else tensor_text(values)))
        fields.append(f'"{group}":{{' + ",\n".join(entries) + "}")
    return "{" + ",".join(fields) + "}"


def check_coverage():
    for configs, every_pair in ((LSTM, True), (RNN_TANH, False), (RNN_RELU, False), (RNN_TANH + RNN_RELU, False)):
        factors = [sorted({config[k] for config in LSTM}) for k in range(6)]
        for a, b in itertools.combinations(range(6), 2):
            seen = {(config[a], config[b]) for config in configs}
            assert not every_pair or len(seen) == len(factors[a]) * len(factors[b]), (a, b)
        assert all({config[k] for config in configs} == set(factors[k]) for k in range(6))
    assert len({config[2:5] for config in LSTM}) == len({config[2:5] for config in RNN_TANH + RNN_RELU}) == 18


def float32_margin(exact, single):
    """How much of the parity test's tolerances PyTorch's own float32 uses up: elements, and sums."""
    element = total = 0.0
    for name, values in exact.items():
        tolerance = 2e-6 + 1e-5 * np.abs(values).max()
        element = max(element, np.abs(values - single[name]).max() / tolerance)
        if values.size > WHOLE:
            apart = max(abs(x - y) for x, y in zip(sums(values), sums(single[name])))
            total = max(total, apart / (tolerance * np.sqrt(values.size)))
    return element, total


def known_values():
    """A few of the formula's values, so that a port which differs is told at once."""
    places = [(name, index) for name in ("", "weight_ih_l0", "lstm-i3-h4/input") for index in (0, 1, 1000)]
    return [{"name": name, "index": index, "value": closed_form(name, index + 1)[index].item()} for name, index in places]


def main():
    check_coverage()
    texts, margins = [], []
    for cell, configs in (("lstm", LSTM), ("rnn_tanh", RNN_TANH), ("rnn_relu", RNN_RELU)):
        for config in configs:
            results = run(cell, config)
            margins.append(float32_margin(results, run(cell, config, torch.float32)))
            texts.append(config_text(cell, config, results))
    head = f'"torch":{json.dumps(torch.__version__.split("+")[0])},\n"closedForm":{json.dumps(known_values())},\n'
    text = "{" + head + '"configs":[\n' + ",\n".join(texts) + "\n]}\n"
    json.loads(text)
    (HERE / "recurrent.json").write_text(text)
    print(f"{len(texts)} configurations, {len(text)} bytes")
    print("float32 uses %.3f of the tolerance of an element, %.3f of a sum's" % tuple(map(max, zip(*margins))))


if __name__ == "__main__":
    main()
