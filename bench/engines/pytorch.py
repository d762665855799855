"""PyTorch on one thread, in the protocol of worker.js: one JSON line in, one out."""

import base64
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import numpy as np
import torch

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
STEPS, LOSSES, RATE = 16, 4, 1e-3
STATE = {}


def arrays(given):
    kinds = {"f": np.float32, "i": np.int32}
    raw = {k: np.frombuffer(base64.b64decode(v["data"]), kinds[v["kind"]]).copy() for k, v in given.items()}
    return {k: torch.from_numpy(v) for k, v in raw.items()}


def fill(module, values):
    with torch.no_grad():
        for name, value in values.items():
            parameter = getattr(module, name)
            parameter.copy_(value.view_as(parameter))


def lstm(w, d):
    layer = torch.nn.LSTM(w["I"], w["H"])
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    fill(layer, {f"{name}_l0": d[name] for name in names})
    return layer


def cell(w, d):
    layer = torch.nn.LSTMCell(w["I"], w["H"])
    fill(layer, {name: d[name] for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]})
    return layer


def step(w, d):
    """nn.LSTMCell, or torch.lstm_cell without the module around it, or nn.LSTM with T = 1: whichever is faster."""
    layer, module = lstm(w, d), cell(w, d)
    p = [module.weight_ih, module.weight_hh, module.bias_ih, module.bias_hh]
    ways = {
        "nn.LSTMCell": (lambda x, s: module(x, s), (1, w["H"]), (1, w["I"])),
        "torch.lstm_cell": (lambda x, s: torch.lstm_cell(x, s, *p), (1, w["H"]), (1, w["I"])),
        "nn.LSTM": (lambda x, s: layer(x, s)[1], (1, 1, w["H"]), (1, 1, w["I"])),
    }
    jobs = {name: step_job(d, w["I"], *way) for name, way in ways.items()}
    seconds = {}
    for name, (_, run) in jobs.items():
        run(500)
        start = time.perf_counter()
        run(500)
        seconds[name] = time.perf_counter() - start
    kept = min(seconds, key=seconds.get)
    return (*jobs[kept], kept)


def step_job(d, I, once, state_shape, x_shape):
    xs = d["x"].view(STEPS, *x_shape)
    box = {}

    def result():
        state = (torch.zeros(state_shape), torch.zeros(state_shape))
        with torch.inference_mode():
            for t in range(STEPS):
                state = once(xs[t], state)
        box["state"] = state
        return torch.cat([state[0].flatten(), state[1].flatten()])

    def run(count):
        state, x = box["state"], xs[0]
        with torch.inference_mode():
            for _ in range(count):
                state = once(x, state)
                state[0].numpy()
        box["state"] = state

    result()
    return result, run


def sequence(w, d):
    layer, x = lstm(w, d), d["x"].view(w["T"], w["B"], w["I"])

    def result():
        with torch.inference_mode():
            return layer(x)[0].flatten()

    def run(count):
        with torch.inference_mode():
            for _ in range(count):
                layer(x)[0].numpy()

    return result, run, None


def train(w, d):
    layer, head = lstm(w, d), torch.nn.Linear(w["H"], w["C"])
    fill(head, {"weight": d["head_weight"], "bias": d["head_bias"]})
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=RATE, fused=True)
    x, mse = d["x"].view(w["T"], w["B"], w["I"]), w["loss"] == "mse"
    loss_of = torch.nn.functional.mse_loss if mse else torch.nn.functional.cross_entropy
    target = d["target"].view(-1, w["C"]) if mse else d["target"].long()

    def once():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(head(layer(x)[0]).view(-1, w["C"]), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    def run(count):
        for _ in range(count):
            once()

    return (lambda: [once() for _ in range(LOSSES)]), run, "fused Adam"


def timed(run, count):
    start = time.perf_counter()
    run(count)
    return (time.perf_counter() - start) * 1000 / count


def prepare(workload, warmth, sample, given):
    result, run, note = {"step": step, "sequence": sequence, "train": train}[workload["kind"]](workload, arrays(given))
    values = [float(v) for v in result()]
    STATE["run"] = run
    end, ms, count = time.perf_counter() + warmth / 1000, timed(run, 1), 1
    while time.perf_counter() < end:
        ms = timed(run, count)
        count = min(2 * count, int(warmth / (4 * ms)) + 1)
    return {"result": values, "iterations": max(1, round(sample / ms)), "ms": ms, "note": note}


def measured(iterations):
    if iterations > 1:
        STATE["run"](-(-iterations // 20))
    return {"ms": timed(STATE["run"], iterations)}


ACTIONS = {
    "open": lambda: {"version": torch.__version__},
    "prepare": prepare,
    "sample": measured,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = ACTIONS[request.pop("action")](**request)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
