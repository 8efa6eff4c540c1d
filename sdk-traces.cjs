// Pulumi's SDK writes down the stack at each promise, to name those that never end, and at each resource, for the state.
// Mapping these to TypeScript takes 40 % of the time that the program computes, and those of resources are a sixth of the
// state, which is written whole at each of their steps. PULUMI_DEBUG_PROMISE_LEAKS=true, the SDK's own, keeps them.
const debuggable = require("@pulumi/pulumi/runtime/debuggable");
const { Resource } = require("@pulumi/pulumi/resource");

if (!debuggable.debugPromiseLeaks) {
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (promise, context) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  Resource.stackTrace = () => [];
}
