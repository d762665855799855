import { suite } from './suite.js';

/** A service worker has to say that it is busy; a web worker need not. */
self.onmessage = (event) => {
  const [port] = event.ports;
  const answer = suite().then(
    (report) => port.postMessage({ report }),
    (error) => port.postMessage({ failed: String(error) }),
  );
  event.waitUntil?.(answer);
};
