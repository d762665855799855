import forecaster from '../models/forecaster.safetensors';
import writer from '../models/writer.safetensors';
import { createService } from '../service.js';
import { sessionOf } from '../session.js';

const service = createService({ forecaster, writer });

export const Session = sessionOf(service);
export default {
  fetch: (request, { SESSIONS }) => service.fetch(request, (name) => SESSIONS.getByName(name)),
};
