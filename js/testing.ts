/** `tokenkeep/testing`: servers that misbehave on demand, for tests of code that keeps tokens alive. */
export { directusFaults, startDirectusStandIn } from './testing/directus-stand-in.ts';
export type { CookieOptions, DirectusCounters, DirectusStandIn, DirectusStandInOptions, StandInUser } from './testing/directus-stand-in.ts';
export { startFaultProxy } from './testing/fault-proxy.ts';
export type { FaultProxy, FaultProxyOptions } from './testing/fault-proxy.ts';
export { FaultSwitches } from './testing/faults.ts';
export type { Fault, RequestLine, RequestMatcher } from './testing/faults.ts';
export type { Disposable, RequestCounts, TestServer } from './testing/test-server.ts';
export { storeContract } from './testing/store-contract.ts';
export type { MakeStore, StoreUnderTest, TestFunction } from './testing/store-contract.ts';
