import { count, quoted } from './wording.js';

/** What is about to be trained, on what, and by which binary. */
export function introduce({ train, heldOut, vocabulary, model, settings, trainer }, { variant }) {
  const from = trainer.step > 0 ? `, goes on after step ${count(trainer.step)}` : '';
  console.log(
    `${settings.text ?? 'Moby Dick'}: ${count(train.length)} characters to train on, ` +
      `the last ${count(heldOut.length)} held out, ${vocabulary.size} different ones`,
  );
  console.log(`LSTM with ${settings.hidden} units, ${count(model.parameterCount)} parameters${from}`);
  console.log(
    variant === 'relaxed'
      ? 'Runs on the relaxed binary, the faster one.\n'
      : 'Runs on the simd binary: this engine has no relaxed SIMD, which would be faster (Node 22 and later have it).\n',
  );
}

/** Bits per character of all models, each on the same held-out characters. */
export function showTable({ heldOut, trainer }, { unigram, trigram, gzip, lstm }) {
  const rows = [
    ['unigram', unigram],
    ['trigram, interpolated (Witten-Bell)', trigram],
    ['gzip -9, behind the training text', gzip],
    [`LSTM after ${count(trainer.step)} steps`, lstm],
  ];
  console.log(`\nBits per character on the ${count(heldOut.length)} held-out characters:\n`);
  for (const [name, bits] of rows) console.log(`  ${name.padEnd(36)} ${bits.toFixed(3)}`);
  const [difference, side] = [Math.abs(trigram - lstm).toFixed(3), lstm < trigram ? 'below' : 'above'];
  console.log(`\nThe LSTM is ${difference} bits ${side} the trigram. It writes:`);
}

export function sayHowToGoOn({ trainer }, plan, out) {
  console.log(`Stopped after step ${count(trainer.step)}, saved to ${out}. To go on:`);
  console.log(`  npm start -- --resume ${quoted(out)}${plan.flags}`);
}
