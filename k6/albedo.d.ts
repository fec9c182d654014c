// albedo's part of a load script: https://github.com/albedo-gitops/albedo/blob/main/docs/load-scripts.md
// Made of k6/lib/albedo.ts by npm run generate.
/**
 * What a load script takes from albedo: `settings` says what is asked for, `scenario` makes k6's options of it, `record` says what came of
 * a request. `npm run generate` makes albedo.js and albedo.d.ts of it, which stand beside a script; docs/load-scripts.md is the contract.
 */
import type { RefinedResponse, ResponseType } from 'k6/http';
import type { Options } from 'k6/options';
export interface Settings {
    /** Scheme, the load balancer's own DNS name, and the port if it is not the scheme's: `http://web-1.elb.amazonaws.com`. */
    readonly baseUrl: string;
    readonly path: string;
    /** New iterations a second, whether or not earlier ones have been answered. */
    readonly rate: number;
    readonly durationSeconds: number;
    /** The course of the rate; null: it is the same all the while. `seconds: 0` is a jump. */
    readonly course: {
        readonly from: number;
        readonly stages: readonly {
            readonly seconds: number;
            readonly rate: number;
        }[];
    } | null;
    /** Several paths instead of one, by weight; empty: `path`. */
    readonly paths: readonly {
        readonly path: string;
        readonly weight: number;
        readonly status?: number;
        readonly body?: string;
    }[];
    /** `returning`: a user keeps the cookies it was given. */
    readonly users: 'new' | 'returning';
    /** After this many seconds without an answer a request counts as failed. */
    readonly timeoutSeconds: number;
    /** Redirects that are followed; with 0 a redirect is an answer like any other. */
    readonly redirects: number;
    /** k6's `hosts` option: `name` or `name:port` to `address` or `address:port`. Empty: ask DNS. */
    readonly hosts: Readonly<Record<string, string>>;
    /** Users that may wait for an answer at one time; beyond it k6 drops iterations, which albedo reports. */
    readonly maxUsers: number;
}
export declare const settings: Settings;
/**
 * k6 options for an open model: iterations start at the given rate however slow the answers are, so a slow load balancer
 * meets the queue that real users would form, and slowness cannot hide by slowing the test.
 *
 * Users (VUs): by Little's law `rate × seconds waited` wait at one time. Half a second each is there from the start;
 * every request running into its timeout is the most there can be. k6 wants a whole `rate` per `timeUnit`, so a rate such as 0.5
 * is said as 5 in 10 seconds.
 */
export declare function scenario(from: Settings): Options;
/** Which instance answered, from the `X-Instance` header or else an instance id in the body. Empty: not told. */
export declare function instanceOf(response: RefinedResponse<ResponseType | undefined>): string;
/**
 * Must be called once with each response that is to be judged, also a failed one, right after it came.
 * `begunAt` is `Date.now()` from just before the request, `asked` the URL where redirects may have led to another.
 * `expected`: what the answer has to be where that is more than a status of 200 to 399.
 */
export declare function record(response: RefinedResponse<ResponseType | undefined>, begunAt: number, asked?: string, expected?: {
    readonly status?: number;
    readonly body?: string;
}): void;
