import { table } from '../../report.js';
import { costExperiment } from '../cost.js';

export const cost = {
  asks: 'What does an LSTM cost beside a plain RNN?',
  run({ costSizes, rounds }) {
    const micro = (times) => times.map((time) => time.toFixed(1)).join(' / ');
    const ratio = ([rnn, lstm]) => (lstm / rnn).toFixed(1);
    const head = [
      ...['units', 'parameters, RNN / LSTM', 'ratio'],
      ...['µs per time step, streaming', 'ratio', 'µs per time step, forward and backward', 'ratio'],
    ];
    const rows = costExperiment({ sizes: costSizes, rounds }).map(
      ({ hidden, parameters, streaming, training }) => [
        ...[hidden, parameters.join(' / '), ratio(parameters)],
        ...[micro(streaming), ratio(streaming), micro(training), ratio(training)],
      ],
    );
    return { text: table(head, rows) };
  },
};
