// In words that an old Node understands, and without an import of its own: what is loaded after it may need more.

/** Ends the process with one line where this Node cannot run the program. */
export function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`kafka-bench needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
  process.exit(5);
}
