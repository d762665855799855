"""Writes more.json: what recurrent.json leaves out, small enough to be stored whole.

Five recorded forwards and their backwards, optimizers, losses, clipping, and a model of several layers; all in
float64 on `closed_form` values. Option names are the public face's (camelCase), integers are listed.
"""

import json

import torch
import torch.nn.functional as F
from make import HERE, closed_form, fill, number

FLOAT64 = {"dtype": torch.float64}


def flat(tensor):
    return tensor.detach().ravel().tolist()


def gradients(module):
    return {name: flat(parameter.grad) for name, parameter in module.named_parameters()}


def tapes():
    """The gradients of one set of weights used five times, at five lengths."""
    inputs, hidden, layers, batch, times = 3, 5, 2, 4, [1, 2, 17, 3, 7]
    lstm = torch.nn.LSTM(inputs, hidden, layers, batch_first=True, **FLOAT64)
    fill(lstm, "tapes", hidden)
    runs, loss = [], 0
    for k, time in enumerate(times):
        x = closed_form(f"tapes/{k}/input", batch, time, inputs).requires_grad_()
        h0 = closed_form(f"tapes/{k}/h0", layers, batch, hidden).requires_grad_()
        c0 = closed_form(f"tapes/{k}/c0", layers, batch, hidden).requires_grad_()
        output, (hN, cN) = lstm(x, (h0, c0))
        for name, value in (("output", output), ("hN", hN), ("cN", cN)):
            loss = loss + (value * closed_form(f"tapes/{k}/G_{name}", *value.shape)).sum()
        runs.append((x, h0, c0, output))
    loss.backward()
    sizes = {"inputSize": inputs, "hiddenSize": hidden, "numLayers": layers, "batch": batch, "times": times}
    stored = [
        {"output": flat(output), "input": flat(x.grad), "h0": flat(h0.grad), "c0": flat(c0.grad)}
        for x, h0, c0, output in runs
    ]
    return {**sizes, "runs": stored, "parameters": gradients(lstm)}


OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "weightDecay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.1}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-6, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.01, "centered": True, "weightDecay": 0.1}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-6, "weightDecay": 0.1}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-6, "weightDecay": 0.1}),
]


def optimizer_trajectory(kind, options):
    """Two parameters, [3, 5] and [7]; step n sees the gradients optimizer/grad{n}/0 and /1, n from 1."""
    shapes = [[3, 5], [7]]
    tensors = [torch.nn.Parameter(closed_form(f"optimizer/value/{k}", *shape)) for k, shape in enumerate(shapes)]
    names = {"weightDecay": "weight_decay"}
    optimizer = getattr(torch.optim, kind)(tensors, **{names.get(key, key): value for key, value in options.items()})
    after = {}
    for n in range(1, 11):
        for k, tensor in enumerate(tensors):
            tensor.grad = closed_form(f"optimizer/grad{n}/{k}", *shapes[k])
        optimizer.step()
        if n in (1, 2, 10):
            after[str(n)] = [flat(tensor) for tensor in tensors]
    return {"kind": kind, "options": options, "shapes": shapes, "after": after}


CROSS_ENTROPY = [
    {},
    {"reduction": "sum"},
    {"weight": True},
    {"weight": True, "reduction": "sum"},
    {"ignoreIndex": -100},
    {"ignoreIndex": 2, "weight": True},
    {"labelSmoothing": 0.1},
    {"labelSmoothing": 0.1, "reduction": "sum", "weight": True},
    {"labelSmoothing": 0.25, "ignoreIndex": 2},
    {"labelSmoothing": 0.25, "ignoreIndex": 2, "weight": True},
]


def positive(name, *shape):
    """Weights in (0, 2), exact in float32 too."""
    return closed_form(name, *shape) + 1


def cross_entropy(options, index):
    rows, classes = 7, 5
    targets = [0, 2, 4, 1, 2, 3, 2]
    if options.get("ignoreIndex", 0) < 0:
        targets[1] = targets[6] = options["ignoreIndex"]
    x = closed_form(f"crossEntropy/{index}/output", rows, classes, scale=4).requires_grad_()
    weight = positive(f"crossEntropy/{index}/weight", classes) if "weight" in options else None
    loss = F.cross_entropy(
        x,
        torch.tensor(targets),
        weight,
        reduction=options.get("reduction", "mean"),
        ignore_index=options.get("ignoreIndex", -100),
        label_smoothing=options.get("labelSmoothing", 0.0),
    )
    loss.backward()
    return {"options": options, "shape": [rows, classes], "targets": targets, "loss": loss.item(), "grad": flat(x.grad)}


def mse(reduction, index):
    shape = [3, 2, 5]
    x = closed_form(f"mse/{index}/output", *shape).requires_grad_()
    loss = F.mse_loss(x, closed_form(f"mse/{index}/target", *shape), reduction=reduction)
    loss.backward()
    return {"options": {"reduction": reduction}, "shape": shape, "loss": loss.item(), "grad": flat(x.grad)}


BINARY = [{}, {"reduction": "sum"}, {"weight": True}, {"weight": True, "reduction": "sum"}]


def binary_cross_entropy(options, index):
    """Targets are closed_form / 2 + 1/2, so between 0 and 1; weight has the output's shape."""
    rows, classes = 7, 3
    x = closed_form(f"binary/{index}/output", rows, classes, scale=8).requires_grad_()
    target = positive(f"binary/{index}/target", rows, classes) / 2
    weight = positive(f"binary/{index}/weight", rows, classes) if "weight" in options else None
    reduction = options.get("reduction", "mean")
    loss = F.binary_cross_entropy_with_logits(x, target, weight, reduction=reduction)
    loss.backward()
    return {"options": options, "shape": [rows, classes], "loss": loss.item(), "grad": flat(x.grad)}


def clipping(max_norm):
    shapes = [[4, 5], [7], [1]]
    tensors = [torch.nn.Parameter(torch.zeros(shape, **FLOAT64)) for shape in shapes]
    for k, tensor in enumerate(tensors):
        tensor.grad = closed_form(f"clip/{k}", *shapes[k])
    norm = torch.nn.utils.clip_grad_norm_(tensors, max_norm)
    return {"maxNorm": max_norm, "shapes": shapes, "norm": norm.item(), "grads": [flat(tensor.grad) for tensor in tensors]}


def model():
    """Embedding, LSTM, Linear under cross-entropy; the names of a Sequential."""
    classes, size, hidden, layers = 11, 5, 7, 2
    ids = [[3, 0, 10, 3], [7, 7, 1, 4], [10, 2, 9, 0]]
    targets = [[0, 10, 3, 5], [7, 1, 4, 8], [2, 9, 0, 6]]
    embedding = torch.nn.Embedding(classes, size, **FLOAT64)
    lstm = torch.nn.LSTM(size, hidden, layers, batch_first=True, **FLOAT64)
    linear = torch.nn.Linear(hidden, classes, **FLOAT64)
    stack = torch.nn.ModuleList([embedding, lstm, linear])
    fill(stack, "model", hidden)
    logits = linear(lstm(embedding(torch.tensor(ids)))[0])
    loss = F.cross_entropy(logits.reshape(-1, classes), torch.tensor(targets).ravel())
    loss.backward()
    sizes = {"classes": classes, "embeddingSize": size, "hiddenSize": hidden, "numLayers": layers}
    shapes = {name: list(parameter.shape) for name, parameter in stack.named_parameters()}
    data = {"ids": ids, "targets": targets, "loss": loss.item(), "logits": flat(logits)}
    return {**sizes, **data, "shapes": shapes, "parameters": gradients(stack)}


def text(value):
    """JSON with 9 significant digits for every float."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{text(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)


def main():
    groups = {
        "tapes": [tapes()],
        "optimizers": [optimizer_trajectory(kind, options) for kind, options in OPTIMIZERS],
        "crossEntropy": [cross_entropy(options, k) for k, options in enumerate(CROSS_ENTROPY)],
        "mse": [mse(reduction, k) for k, reduction in enumerate(["mean", "sum"])],
        "binaryCrossEntropy": [binary_cross_entropy(options, k) for k, options in enumerate(BINARY)],
        "clipping": [clipping(max_norm) for max_norm in (0.5, 100.0)],
        "model": [model()],
    }
    lines = [f'"{key}":[\n' + ",\n".join(map(text, cases)) + "\n]" for key, cases in groups.items()]
    content = "{" + ",\n".join(lines) + "}\n"
    json.loads(content)
    (HERE / "more.json").write_text(content)
    print(f"{sum(map(len, groups.values()))} cases, {len(content)} bytes")


if __name__ == "__main__":
    main()
