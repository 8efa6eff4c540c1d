// Ends a program whose engine is gone (killed, or out of memory): calls that still wait for it end with this error.
// Pulumi's host would print it with all that hangs on it, which is everything in memory: minutes on a core, gigabytes, and
// nobody who reads it. ./llm loads this before the host, since an engine may go before it has loaded the program.
const alreadyReported = 32;

process.prependListener("unhandledRejection", (error) => {
  if (error?.message === "Resource monitor is terminating") process.exit(alreadyReported);
});
