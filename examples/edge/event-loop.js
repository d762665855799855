/** Lets other requests run: one thread serves all of them. */
export function yieldToEventLoop() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
