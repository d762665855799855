import { visit } from './browsers.js';

/** One row for all browsers, which report as separate environments. */
export const rows = [
  {
    name: 'audioworklet',
    async run(installation) {
      const reports = {};
      let seen;
      for (const browser of ['chromium', 'firefox']) {
        seen = await visit(browser, installation, 'audio-worklet.html', ['audio worklet']);
        const report = seen.reports['audio worklet'];
        reports[`${browser} ${seen.version}`] = report;
      }
      return { version: '', began: seen.began, reports };
    },
  },
];
