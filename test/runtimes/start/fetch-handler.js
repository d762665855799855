import { suite } from './suite.js';

export default {
  async fetch() {
    return Response.json(await suite());
  },
};
