"""Recurrent layers with the options that nn.LSTM, nn.GRU and nn.RNN do not have, written from the equations for autograd.

Parameters have this package's names; gate blocks are i f g o and r z n, peepholes i f o.
"""

import torch
import torch.nn.functional as F

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
FUNCTIONS = {
    "tanh": (lambda x, a, b: torch.tanh(x), 0, 0),
    "sigmoid": (lambda x, a, b: torch.sigmoid(x), 0, 0),
    "relu": (lambda x, a, b: F.relu(x), 0, 0),
    "hardSigmoid": (lambda x, a, b: torch.clamp(a * x + b, 0, 1), 0.2, 0.5),
    "affine": (lambda x, a, b: a * x + b, 1, 0),
    "leakyRelu": (lambda x, a, b: F.leaky_relu(x, a), 0.01, 0),
    "thresholdedRelu": (lambda x, a, b: F.threshold(x, a, 0), 1, 0),
    "scaledTanh": (lambda x, a, b: a * torch.tanh(b * x), 1, 1),
    "elu": (lambda x, a, b: F.elu(x, a), 1, 0),
    "softsign": (lambda x, a, b: F.softsign(x), 0, 0),
    "softplus": (lambda x, a, b: F.softplus(x), 0, 0),
}
DEFAULTS = {"lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"], "rnn": ["tanh"]}


def functions(cell, options, direction):
    """The activations of a direction, each with its bounded input."""
    specs = options.get("activations", DEFAULTS[cell])
    specs = specs[direction] if isinstance(specs[0], list) else specs
    clip = options.get("clip")

    def bounded(spec):
        spec = {"name": spec} if isinstance(spec, str) else spec
        function, alpha, beta = FUNCTIONS[spec["name"]]
        alpha, beta = spec.get("alpha", alpha), spec.get("beta", beta)
        return lambda x: function(x if clip is None else x.clamp(-clip, clip), alpha, beta)

    return [bounded(spec) for spec in specs]


def shapes_of_level(cell, inputs, hidden, options):
    """Names without suffix, in the order in which a layer lists them."""
    rows, width = GATES[cell] * hidden, options.get("projSize", hidden)
    shapes = {"weight_ih": [rows, inputs], "weight_hh": [rows, width]}
    bias = options.get("bias", True)
    shapes |= {"bias_ih": [rows]} if bias else {}
    shapes |= {"bias_hh": [rows]} if bias is True else {}
    shapes |= {"weight_hr": [width, hidden]} if "projSize" in options else {}
    shapes |= {"weight_peephole": [3 * hidden]} if options.get("peepholes") else {}
    if options.get("layerNorm") == "cell":
        for name, size in (("ln_ih", rows), ("ln_hh", rows), ("ln_c", hidden)):
            shapes |= {f"weight_{name}": [size], f"bias_{name}": [size]}
    shapes |= {"weight_ln": [rows]} if options.get("layerNorm") == "gate" else {}
    if options.get("learnInitial"):
        shapes |= {"h0": [width]} | ({"c0": [hidden]} if cell == "lstm" else {})
    return shapes


def suffixes(layers, options):
    """Of each level the suffixes of its directions."""
    ends = ["", "_reverse"] if options.get("bidirectional") else [""]
    return [[f"_l{level}{end}" for end in ends] for level in range(layers)]


def parameter_shapes(cell, inputs, hidden, layers, options):
    shapes = {}
    for level, ends in enumerate(suffixes(layers, options)):
        below = inputs if level == 0 else len(ends) * options.get("projSize", hidden)
        for end in ends:
            own = shapes_of_level(cell, below, hidden, options)
            shapes |= {name + end: shape for name, shape in own.items()}
    return shapes


def zoned(new, old, options, name):
    zoneout = options.get("zoneout", 0)
    rate = zoneout.get(name, 0) if isinstance(zoneout, dict) else zoneout
    return rate * old + (1 - rate) * new


def lstm_step(p, x, h, c, options, run):
    gate, candidate, of_cell = run
    bias = p.get("bias_ih", 0) + p.get("bias_hh", 0)
    epsilon, kind = options.get("normEpsilon", 1e-5), options.get("layerNorm")
    norm = lambda value, name: F.layer_norm(
        value, value.shape[-1:], p[f"weight_{name}"], p[f"bias_{name}"], epsilon
    )
    if kind == "cell":
        a = norm(x @ p["weight_ih"].T, "ln_ih") + norm(h @ p["weight_hh"].T, "ln_hh")
    else:
        a = x @ p["weight_ih"].T + h @ p["weight_hh"].T
    blocks = dict(zip("ifgo", a.chunk(4, -1)))
    biases = dict(zip("ifgo", bias.chunk(4))) if torch.is_tensor(bias) else dict.fromkeys("ifgo", 0)
    gains = dict(zip("ifgo", p["weight_ln"].chunk(4))) if kind == "gate" else {}
    peepholes = dict(zip("ifo", p["weight_peephole"].chunk(3))) if options.get("peepholes") else {}

    def into(name, cell):
        value = blocks[name] + peepholes[name] * cell if name in peepholes else blocks[name]
        if kind == "gate":
            value = gains[name] * F.layer_norm(value, value.shape[-1:], eps=epsilon)
        return value + biases[name]

    i = gate(into("i", c))
    f = 1 - i if options.get("coupled") else gate(into("f", c))
    new_c = f * c + i * candidate(into("g", c))
    if "cellClip" in options:
        new_c = new_c.clamp(-options["cellClip"], options["cellClip"])
    o = gate(into("o", new_c))
    new_h = o * of_cell(norm(new_c, "ln_c") if kind == "cell" else new_c)
    if "projSize" in options:
        new_h = new_h @ p["weight_hr"].T
    return zoned(new_h, h, options, "h"), zoned(new_c, c, options, "c")


def gru_step(p, x, h, c, options, run):
    gate, candidate = run
    none = torch.zeros(3 * h.shape[-1], dtype=h.dtype)
    a = x @ p["weight_ih"].T + p.get("bias_ih", none)
    (x_r, x_z, x_n), (u_r, u_z, u_n) = a.chunk(3, -1), p["weight_hh"].chunk(3)
    b_r, b_z, b_n = p.get("bias_hh", none).chunk(3)
    r = gate(x_r + h @ u_r.T + b_r)
    z = gate(x_z + h @ u_z.T + b_z)
    if options.get("resetAfter", True):
        n = candidate(x_n + r * (h @ u_n.T + b_n))
    else:
        n = candidate(x_n + (r * h) @ u_n.T + b_n)
    return zoned((1 - z) * n + z * h, h, options, "h"), c


def rnn_step(p, x, h, c, options, run):
    bias = p.get("bias_ih", 0) + p.get("bias_hh", 0)
    return zoned(run[0](x @ p["weight_ih"].T + h @ p["weight_hh"].T + bias), h, options, "h"), c


STEPS = {"lstm": lstm_step, "gru": gru_step, "rnn": rnn_step}


def one_direction(cell, p, x, h, c, options, direction, active, within):
    """Where `active` [B, T] is not, h and c stay; past the ends that `within` [B, T] tells outputs are 0."""
    run, outputs = functions(cell, options, direction), [None] * x.shape[1]
    steps = range(x.shape[1])
    for t in reversed(steps) if direction == 1 or options.get("reverse") else steps:
        new_h, new_c = STEPS[cell](p, x[:, t], h, c, options, run)
        here = active[:, t, None]
        h, c = torch.where(here, new_h, h), torch.where(here, new_c, c)
        shown = here if options.get("maskedOutput") == "zeros" else within[:, t, None]
        outputs[t] = torch.where(shown, h, torch.zeros_like(h))
    return torch.stack(outputs, 1), h, c


def run_layers(cell, layers, parameters, x, h0, c0, options, active, within):
    """Output [B, T, directions * width], hN and cN [layers * directions, B, width]."""
    last_h, last_c = [], []
    for ends in suffixes(layers, options):
        outputs = []
        for direction, end in enumerate(ends):
            p = {name[: -len(end)]: value for name, value in parameters.items() if name.endswith(end)}
            row = len(last_h)
            output, h, c = one_direction(cell, p, x, h0[row], c0[row], options, direction, active, within)
            outputs.append(output)
            last_h.append(h)
            last_c.append(c)
        x = torch.cat(outputs, -1)
    return x, torch.stack(last_h), torch.stack(last_c)
