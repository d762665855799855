"""The translator of examples/translation in PyTorch: the same split, words, sizes, initial distributions, optimizer, schedule,
batches and epochs. Reads what export.js wrote, writes translations of the test part for score.js.

    python train.py corpus.json translations.json
"""

import json
import random
import sys
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PADDING, UNKNOWN, START, END = range(4)
IGNORED = -100
VALIDATIONS_PER_EPOCH = 4
POOL = 50  # batches that are sorted by length together, as bucketBatches does


class Translator(nn.Module):
    def __init__(self, source_words, target_words, size, hidden, readout, dropout):
        super().__init__()
        self.source_embedding = nn.Embedding(source_words, size)
        self.target_embedding = nn.Embedding(target_words, size)
        self.encoder = nn.LSTM(size, hidden // 2, bidirectional=True, batch_first=True)
        self.decoder = nn.LSTM(size, hidden, batch_first=True)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.combine = nn.Linear(2 * hidden, readout)
        self.words = nn.Linear(readout, target_words)
        self.dropout = nn.Dropout(dropout)

    def encode(self, source, lengths):
        embedded = self.dropout(self.source_embedding(source))
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        outputs, states = self.encoder(packed)
        keys, _ = pad_packed_sequence(outputs, batch_first=True)
        h, c = (torch.cat([state[0], state[1]], dim=-1).unsqueeze(0) for state in states)
        outside = torch.arange(keys.shape[1]) >= lengths.unsqueeze(1)
        return keys, outside, (h, c)

    def decode(self, prefix, keys, outside, state):
        output, state = self.decoder(self.dropout(self.target_embedding(prefix)), state)
        scores = self.query(output) @ keys.transpose(1, 2) / keys.shape[-1] ** 0.5
        weights = scores.masked_fill(outside.unsqueeze(1), float("-inf")).softmax(-1)
        readout = torch.tanh(self.combine(torch.cat([weights @ keys, output], dim=-1)))
        return self.dropout(readout), state

    def forward(self, source, lengths, prefix):
        readout, _ = self.decode(prefix, *self.encode(source, lengths))
        return readout


def padded(rows, filler):
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


def batch_of(pairs):
    sources = [source for source, _ in pairs]
    goals = [[IGNORED if word == UNKNOWN else word for word in target] + [END] for _, target in pairs]
    prefixes = [[START] + target for _, target in pairs]
    lengths = torch.tensor([len(source) for source in sources])
    return padded(sources, PADDING), lengths, padded(prefixes, PADDING), padded(goals, IGNORED)


def batches_of(pairs, size, generator):
    pairs = generator.sample(pairs, len(pairs))
    batches = []
    for at in range(0, len(pairs), POOL * size):
        pool = sorted(pairs[at : at + POOL * size], key=lambda pair: -len(pair[0]) - len(pair[1]))
        batches += [pool[n : n + size] for n in range(0, len(pool), size)]
    generator.shuffle(batches)
    return batches


def loss_of(model, pairs, reduction="mean"):
    """Logits are made for words alone, not for what fills up: the same loss for less time."""
    source, lengths, prefix, goal = batch_of(pairs)
    readout = model(source, lengths, prefix)
    there = goal != IGNORED
    return nn.functional.cross_entropy(model.words(readout[there]), goal[there], reduction=reduction), there.sum().item()


def train(model, corpus, settings, generator):
    per_epoch = -(-len(corpus["train"]) // settings["batchSize"])
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["lr"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, per_epoch * settings["epochs"])
    best, step = (float("inf"), None), 0
    for _ in range(settings["epochs"]):
        for pairs in batches_of(corpus["train"], settings["batchSize"], generator):
            model.train()
            optimizer.zero_grad()
            loss_of(model, pairs)[0].backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            schedule.step()
            step += 1
            if step % max(1, per_epoch // VALIDATIONS_PER_EPOCH) == 0:
                surprise = validate(model, corpus["validation"], settings["batchSize"])
                print(f"epoch {step / per_epoch:.2f}: {surprise:.3f} nats a word, {time.process_time():.0f} s of CPU", flush=True)
                if surprise < best[0]:
                    best = surprise, {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best[1])


@torch.no_grad()
def validate(model, pairs, size):
    model.eval()
    sums = [loss_of(model, pairs[n : n + size], "sum") for n in range(0, len(pairs), size)]
    return sum(loss.item() for loss, _ in sums) / sum(count for _, count in sums)


@torch.no_grad()
def translate(model, source, width, exponent, longest):
    """Beam search of one sentence; greedy with a width of 1. What has not ended after the longest counts where nothing has ended
    (in search.js it competes with what has)."""
    keys, outside, state = model.encode(torch.tensor([source]), torch.tensor([len(source)]))
    live, done = [([START], 0.0)], []
    for _ in range(longest):
        count = len(live)
        last = torch.tensor([[words[-1]] for words, _ in live])
        readout, state = model.decode(last, keys.expand(count, -1, -1), outside.expand(count, -1), state)
        scores = model.words(readout[:, 0])
        scores[:, [PADDING, UNKNOWN, START]] = float("-inf")
        sums = scores.log_softmax(-1) + torch.tensor([score for _, score in live]).unsqueeze(1)
        values, places = sums.flatten().topk(width)
        chosen = [(value.item(), *divmod(place.item(), sums.shape[1])) for value, place in zip(values, places)]
        done += [(live[row][0][1:], score / len(live[row][0]) ** exponent) for score, row, word in chosen if word == END]
        kept = [(score, row, word) for score, row, word in chosen if word != END]
        if len(done) >= width or not kept:
            break
        live, rows = [(live[row][0] + [word], score) for score, row, word in kept], [row for _, row, _ in kept]
        state = tuple(part[:, rows] for part in state)
    done = done or [(words[1:], score / len(words) ** exponent) for words, score in live]
    return max(done, key=lambda one: one[1])[0]


def main(corpus_file, translations_file):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator = random.Random(1)
    with open(corpus_file, encoding="utf8") as file:
        corpus = json.load(file)
    settings = corpus["settings"]
    sizes = {name: settings[name] for name in ("size", "hidden", "readout", "dropout")}
    model = Translator(corpus["sourceWords"], corpus["targetWords"], **sizes)
    train(model, corpus, settings, generator)
    model.eval()
    result = {}
    for name, width in (("greedy", 1), ("beam", corpus["beam"])):
        rest = width, corpus["lengthExponent"], corpus["longest"]
        result[name] = [translate(model, source, *rest) for source in corpus["test"]]
        print(f"{name}: {len(result[name])} sentences, {time.process_time():.0f} s of CPU", flush=True)
    with open(translations_file, "w", encoding="utf8") as file:
        json.dump(result, file)


main(*sys.argv[1:])
