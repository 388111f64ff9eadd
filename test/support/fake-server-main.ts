import { createServer } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import { decodeSamples } from '../../src/wire/sample-frames.ts';

/** Prints its address, then after each message of samples how much it took in all. */
let samples = 0;
let values = 0;
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const { runs } = decodeSamples(request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(body) : body);
    for (const { times, values: frames } of runs) {
      samples += times.length;
      for (const frame of frames) values += frame.length;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ missingSchemas: [], appendedSamples: 1, unknownStreams: [] }));
    console.log(JSON.stringify({ samples, values }));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
});
