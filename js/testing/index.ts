/** `tokenkeep/testing`: servers that misbehave on demand, for tests of code that keeps tokens alive. */
export { directusFaults, startDirectusStandIn } from './directus-stand-in.ts';
export type { CookieOptions, DirectusCounters, DirectusStandIn, DirectusStandInOptions, StandInUser } from './directus-stand-in.ts';
export { startFaultProxy } from './fault-proxy.ts';
export type { FaultProxy, FaultProxyOptions } from './fault-proxy.ts';
export { FaultSwitches } from './faults.ts';
export type { Fault, RequestLine, RequestMatcher } from './faults.ts';
