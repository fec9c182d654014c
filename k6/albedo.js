// albedo's part of a load script: https://github.com/albedo-gitops/albedo/blob/main/docs/load-scripts.md
// Made of k6/lib/albedo.ts by npm run generate.
import { Trend } from "k6/metrics";
function positive(name, byDefault) {
  const text = __ENV[name];
  if (text === void 0 || text === "") return byDefault;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} must be a number above 0, not "${text}"`);
  return value;
}
function mapping(name) {
  const text = __ENV[name];
  if (text === void 0 || text === "") return {};
  const value = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} must be a JSON object`);
  return Object.fromEntries(Object.entries(value).map(([key, address]) => [key, String(address)]));
}
const settings = {
  baseUrl: __ENV["ALBEDO_BASE_URL"] ?? "http://127.0.0.1:8080",
  path: __ENV["ALBEDO_PATH"] ?? "/",
  rate: positive("ALBEDO_RATE", 10),
  durationSeconds: positive("ALBEDO_DURATION", 10),
  course: JSON.parse(__ENV["ALBEDO_COURSE"] ?? "null"),
  paths: JSON.parse(__ENV["ALBEDO_PATHS"] ?? "[]"),
  users: __ENV["ALBEDO_USERS"] === "returning" ? "returning" : "new",
  timeoutSeconds: positive("ALBEDO_TIMEOUT", 5),
  redirects: Number(__ENV["ALBEDO_REDIRECTS"] ?? 0),
  hosts: mapping("ALBEDO_HOSTS"),
  maxUsers: positive("ALBEDO_MAX_USERS", 2e3)
};
function scenario(from) {
  const unitSeconds = Number.isInteger(from.rate) ? 1 : 10;
  const peak = Math.max(from.rate, ...from.course?.stages.map(({ rate }) => rate) ?? []);
  const most = Math.min(from.maxUsers, Math.ceil(peak * from.timeoutSeconds * 1.1) + 10);
  const users = { preAllocatedVUs: Math.min(most, Math.ceil(peak / 2) + 5), maxVUs: most };
  const gracefulStop = `${Math.ceil(from.timeoutSeconds) + 1}s`;
  return {
    scenarios: {
      load: from.course === null ? {
        executor: "constant-arrival-rate",
        rate: Math.max(1, Math.round(from.rate * unitSeconds)),
        timeUnit: `${unitSeconds}s`,
        duration: `${from.durationSeconds}s`,
        ...users,
        gracefulStop
      } : {
        executor: "ramping-arrival-rate",
        startRate: from.course.from,
        timeUnit: "1s",
        stages: from.course.stages.map(({ seconds, rate }) => ({ duration: `${seconds}s`, target: rate })),
        ...users,
        gracefulStop
      }
    },
    hosts: { ...from.hosts },
    // Load balancers move: their DNS answers live 60 seconds, and all of their addresses are to be used.
    dns: { ttl: "30s", select: "roundRobin", policy: "preferIPv4" },
    // The certificate may be self-signed. That it is the right one is checked apart, by fingerprint.
    insecureSkipTLSVerify: true,
    discardResponseBodies: false,
    // Unless users return, every iteration is one never seen before: k6 empties the cookie jar. Connections are kept and used again.
    noCookiesReset: from.users === "returning",
    userAgent: "albedo-load/1",
    systemTags: ["status", "method", "name", "error_code", "expected_response", "scenario"]
    // No thresholds: albedo judges from the points, by what AWS reported and not by the clock.
  };
}
const request = new Trend("albedo_request", true);
const INSTANCE_ID = /\bi-[0-9a-f]{8,17}\b/;
const TAG = /^[\w.:-]{1,64}$/;
function instanceOf(response) {
  const header = response.headers["X-Instance"] ?? "";
  if (TAG.test(header)) return header;
  return typeof response.body === "string" ? INSTANCE_ID.exec(response.body)?.[0] ?? "" : "";
}
function isExpected(response, { status, body }) {
  const right = status === void 0 ? response.error_code === 0 && response.status >= 200 && response.status < 400 : response.status === status;
  return right && (body === void 0 || typeof response.body === "string" && response.body.includes(body));
}
function record(response, begunAt, asked = response.url, expected = {}) {
  const { blocked, duration } = response.timings;
  request.add(duration > 0 && response.url === asked ? blocked + duration : Date.now() - begunAt, {
    status: String(response.status),
    // An address that is not the load balancer's (reconciler/load/bounds.ts); k6 has no code of its own for the way there.
    error_code: / is in a blacklisted range /.test(response.error) ? "1110" : String(response.error_code),
    instance: instanceOf(response),
    ...expected.status === void 0 && expected.body === void 0 ? {} : { as_expected: isExpected(response, expected) ? "yes" : "no" }
  });
}
export {
  instanceOf,
  record,
  scenario,
  settings
};
