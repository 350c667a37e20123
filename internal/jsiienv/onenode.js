// Runs jsii's kernel in this process; see onenode.sh, which starts it.
//
// The kernel reads and writes descriptor 3, a socket when jsii starts it. Here 3 is the
// pipe of the requests and 4 that of the answers, so writing to 3 means 4.
const fs = require('fs');
const { writeSync } = fs;
fs.writeSync = (fd, ...rest) => writeSync(fd === 3 ? 4 : fd, ...rest);

// What the library prints goes to the Go program as jsii's entry point sends it: a line
// of JSON on standard error for each piece, which says where it belongs.
const send = process.stderr.write.bind(process.stderr);
for (const stream of ['stdout', 'stderr']) {
  process[stream].write = (chunk, encoding, done) => {
    const bytes = typeof encoding === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
    const line = `${JSON.stringify({ [stream]: bytes.toString('base64') })}\n`;
    return send(line, typeof encoding === 'function' ? encoding : done);
  };
}

process.argv.splice(1, 1); // the kernel is the program now
require(process.argv[1]);
