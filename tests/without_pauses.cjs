// The CDK CLI looks every five seconds whether CloudFormation is done; the engine is, long before.
const { setTimeout: wait } = globalThis;
const pause = (milliseconds) => (milliseconds === 5000 ? 200 : milliseconds);
globalThis.setTimeout = Object.assign((what, after, ...more) => wait(what, pause(after), ...more), wait);
