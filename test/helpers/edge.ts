import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { createService } from '../../examples/edge/service.js';

/* The service of examples/edge on the models that stand beside it, and how a test asks it. */

const fileOf = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/edge/models/${name}.safetensors`, import.meta.url)));
const models = { forecaster: fileOf('forecaster'), writer: fileOf('writer') };
export const service = createService(models);

export type Body = Record<string, unknown>;
export type Sessions = (name: string) => { fetch(request: Request): Promise<Response> };

export const ask = (
  method: string,
  path: string,
  init: RequestInit = {},
  sessions?: Sessions,
): Promise<Response> =>
  service.fetch(
    new Request(`http://edge${path}`, { method, ...init, duplex: 'half' } as RequestInit),
    sessions,
  );
export const post = (path: string, body: Body, headers: Record<string, string> = {}, sessions?: Sessions) => {
  const init = { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
  return ask('POST', path, init, sessions);
};
export const postJson = async (path: string, body: Body, sessions?: Sessions) => {
  const response = await post(path, body, { accept: 'application/json' }, sessions);
  expect(response.status).toBe(200);
  return response.json();
};
export const postFloats = (data: Float32Array, headers: Record<string, string>) =>
  ask('POST', '/forecast', {
    body: data as BufferSource,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });

export const wave = (length: number, phase = 0, from = 0) =>
  Array.from({ length }, (_, t) => 20 + 5 * Math.sin((t + from) / 3 + phase));
