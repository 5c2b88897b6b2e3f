// Sends its standard input to the URL of its argument, and fails if the response is not a 200: a sink's program, and a
// hook of a repository.
import { request } from 'node:http';
import process from 'node:process';

const fail = () => process.exit(1);
const sent = request(process.argv[2], { method: 'PUT' }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
sent.on('error', fail);
process.stdin.pipe(sent);
