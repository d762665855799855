import forecaster from '../models/forecaster.safetensors';
import writer from '../models/writer.safetensors';
import { createService } from '../service.js';

const service = createService({ forecaster, writer });

export const config = { runtime: 'edge' };
export default (request) => service.fetch(request);
