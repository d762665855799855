/** Lets what else waits have its turn: one thread serves all requests. */
export function turn() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
