import { visit } from './browsers.js';

/** One row, since it is one environment; each browser is a place of its own. */
export const rows = [
  {
    name: 'audioworklet',
    async run(place) {
      const reports = {};
      let seen;
      for (const browser of ['chromium', 'firefox']) {
        seen = await visit(browser, place, 'audio-worklet.html', ['audio worklet']);
        const report = seen.reports['audio worklet'];
        reports[`${browser} ${seen.version}`] = report;
      }
      return { version: '', began: seen.began, reports };
    },
  },
];
