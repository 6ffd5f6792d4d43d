// Loaded into worker processes by NODE_OPTIONS of the test alone: stops the event loop for 50 ms, lets it go for 25.
import { setTimeout } from 'node:timers';

const isWorker = process.argv[1]?.endsWith('worker/main.js') ?? false;
const cell = new Int32Array(new SharedArrayBuffer(4));

function pause() {
  Atomics.wait(cell, 0, 0, 50);
  // setInterval would count from the pause's beginning, and begin the next one at once.
  setTimeout(pause, 25).unref();
}
if (isWorker) setTimeout(pause, 25).unref();
