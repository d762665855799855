/** Sends the result of `suite`, or its error, to the server of the page, or to the one in the query parameter `reportServer`. */
export async function sendReport(environment, suite) {
  const began = Date.now();
  const result = await suite().then(
    (report) => ({ began, ...report }),
    (error) => ({ failed: String(error?.stack ?? error) }),
  );
  const server = new URLSearchParams(location.search).get('reportServer') ?? '/';
  const body = JSON.stringify(result);
  await fetch(`${server}?report=${environment}`, { method: 'POST', mode: 'no-cors', body });
}
