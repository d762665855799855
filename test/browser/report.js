/** Tells the test what a page has found, or how it failed. */
export async function report(find) {
  const { searchParams } = new URL(location.href);
  let found;
  try {
    found = await find(searchParams);
  } catch (error) {
    found = { failed: `${error.name}: ${error.message}` };
  }
  // To where this file comes from: the page may be one of another origin.
  const address = new URL(`/?report=${searchParams.get('name')}`, location.href);
  await fetch(address, { method: 'POST', body: JSON.stringify(found) });
}
