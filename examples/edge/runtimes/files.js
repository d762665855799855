import { readFile } from 'node:fs/promises';

const read = (name) => readFile(new URL(`../models/${name}.safetensors`, import.meta.url));

/** Where there is a file system. */
export const models = { forecaster: await read('forecaster'), writer: await read('writer') };
