/** The text of web-worker.js, which scripts/build.mjs puts in. */
declare const WEB_WORKER_SOURCE: string;

export const source = WEB_WORKER_SOURCE;
