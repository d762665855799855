import { report } from './report.js';

/** Opens one of the example's pages in a frame and uses its buttons; gives what its status line said. */
report(async (parameters) => {
  const frame = document.createElement('iframe');
  frame.src = `/examples/page/${parameters.get('page')}?epochs=${parameters.get('epochs')}`;
  document.body.append(frame);
  await new Promise((resolve) => {
    frame.onload = resolve;
  });
  const page = frame.contentDocument;
  const at = (id) => page.getElementById(id);
  const status = () => at('status').textContent;
  const until = async (pattern) => {
    for (let n = 0; !pattern.test(status()); n++) {
      if (n === 600) throw new Error(`"${status()}" expected to become ${pattern}`);
      await pass(100);
    }
    return status();
  };
  const seen = { ready: await until(/^Ready/) };
  at('train').click();
  seen.training = await until(/^Training: step/);
  at('pause').click();
  await pass(300);
  const standing = status();
  await pass(700);
  seen.stood = status() === standing;
  at('pause').click();
  for (let n = 0; status() === standing && n < 100; n++) await pass(100);
  seen.wentOn = status() !== standing;
  at('abort').click();
  seen.aborted = await until(/^Ended/);
  seen.drawn = at('said').getAttribute('points').split(' ').length;
  at('train').click();
  seen.trained = await until(/^Trained/);
  return seen;
});

function pass(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
