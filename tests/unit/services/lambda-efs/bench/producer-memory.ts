import { measureProducer } from "../measure-producer";

// Prints what a copy of 1 GiB, the largest file the producer takes, costs in memory; ends with 1 if that is 256 MiB or more.
const MIB = 1024 ** 2;

async function main(): Promise<void> {
  const { sizeBytes, peakRssBytes, seconds } = await measureProducer(1024 * MIB);
  const peak = peakRssBytes / MIB;
  console.log(
    `${sizeBytes / MIB} MiB copied in ${seconds.toFixed(1)} s; peak of resident memory ${peak.toFixed(0)} MiB (limit 256 MiB)`,
  );
  if (peak >= 256) process.exitCode = 1;
}

void main();
