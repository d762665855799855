// What both pages do, with the package as each of them has imported it.

const STEPS = 24;
const WINDOWS = 400;

/** A wave that a sine alone does not make, and what follows each window of it. */
const wave = Float32Array.from(
  { length: WINDOWS + STEPS + 60 },
  (_, t) => 0.6 * Math.sin(t / 4) + 0.3 * Math.sin(t / 11),
);

const at = (id) => document.getElementById(id);
const say = (text) => {
  at('status').textContent = text;
};

export function start({ Adam, batches, LSTM, Linear, mse, Sequential, Trainer, trainInWorker }) {
  const epochs = Number(new URLSearchParams(location.search).get('epochs') ?? 200);
  const input = { data: new Float32Array(WINDOWS * STEPS), shape: [WINDOWS, STEPS, 1] };
  const target = { data: wave.slice(STEPS, STEPS + WINDOWS), shape: [WINDOWS, 1] };
  for (let n = 0; n < WINDOWS; n++) input.data.set(wave.subarray(n, n + STEPS), n * STEPS);
  try {
    const model = new Sequential(new LSTM(1, 32, { returnSequences: false }), new Linear(32, 1));
    const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.003 }), clipNorm: 1 });
    const train = (signal) =>
      trainInWorker(trainer, batches({ input, target }, { batchSize: 20, epochs }), { signal });
    at('train').onclick = () => run(train, model);
    at('train').disabled = false;
    say('Ready.');
  } catch (error) {
    say(error.message);
  }
}

/** One training, from the button to the picture. */
async function run(train, model) {
  const controller = new AbortController();
  const training = train(controller.signal);
  let paused = false;
  at('pause').onclick = () => {
    paused = !paused;
    if (paused) training.pause();
    else training.resume();
    at('pause').textContent = paused ? 'Resume' : 'Pause';
  };
  at('abort').onclick = () => controller.abort(new Error('stopped by hand'));
  setRunning(true);
  let progress = '';
  try {
    for await (const { step, loss } of training) {
      progress = `step ${step}, loss ${loss.toFixed(5)}`;
      say(`Training: ${progress}`);
    }
    say(`Trained: ${progress}`);
  } catch (error) {
    say(`Ended: ${error.message}, ${progress || 'before the first step'}`);
  } finally {
    setRunning(false);
  }
  draw(model);
}

function setRunning(running) {
  at('train').disabled = running;
  for (const id of ['pause', 'abort']) at(id).disabled = !running;
  at('pause').textContent = 'Pause';
}

/** The model continues the wave: each output is its next input. */
function draw(model) {
  const known = wave.slice(WINDOWS, WINDOWS + STEPS);
  const said = [...known];
  for (let n = 0; n < 60; n++) {
    const window = Float32Array.from(said.slice(-STEPS));
    said.push(model.forward({ data: window, shape: [1, STEPS, 1] }).output.data[0]);
  }
  at('wave').setAttribute('points', points([...wave.subarray(WINDOWS)]));
  at('said').setAttribute('points', points(said));
}

const points = (values) => values.map((y, x) => `${x * 8},${60 - y * 55}`).join(' ');
