/**
 * Sticky sessions in HAProxy's words. The cookies hold `<server>.<ms since the epoch when it was given>` in base64 and are
 * good for as long as the target group says, counted by us, not by the client. Every answer of a target renews them; one
 * that names a server which takes no requests is ignored and replaced (Application Load Balancers guide, "Sticky sessions").
 */
import type { TargetGroupFacts } from '../types.ts';
import { word } from './haproxy-config-values.ts';

/** The expiry of AWSALBAPP is fixed; the duration of the session is inside. */
const APP_COOKIE_SECONDS = 7 * 86_400;

/** Lines that read the cookie `name` (or its CORS twin) into `txn.<prefix>_what` and its age in ms into `txn.<prefix>_age`. */
export function readCookie(prefix: string, name: string, corsName = `${name}CORS`): readonly string[] {
  return [
    `http-request set-var(txn.${prefix}_raw) req.cook(${name}),b64dec if { req.cook(${name}) -m found }`,
    `http-request set-var(txn.${prefix}_raw) req.cook(${corsName}),b64dec if !{ req.cook(${name}) -m found } { req.cook(${corsName}) -m found }`,
    `http-request set-var(txn.${prefix}_what) var(txn.${prefix}_raw),field(1,.) if { var(txn.${prefix}_raw) -m found }`,
    `http-request set-var(txn.${prefix}_given) var(txn.${prefix}_raw),field(2,.) if { var(txn.${prefix}_raw) -m found }`,
    `http-request set-var(txn.${prefix}_age) date(0,ms),sub(txn.${prefix}_given) if { var(txn.${prefix}_given) -m reg ^[0-9]{1,15}$ }`,
  ];
}

/** The condition that such a cookie was there and is not too old. */
export function fresh(prefix: string, seconds: number): string {
  return `{ var(txn.${prefix}_age) -m int 0:${seconds * 1000} }`;
}

/** Lines that give the cookie `name` and its CORS twin, naming what `what` (log-format) says, on a target's answer if `condition` holds. */
export function giveCookie(name: string, what: string, seconds: number, condition = ''): readonly string[] {
  const unlessOwn = '!{ var(txn.own_answer) -m found }';
  const base = `=%[var(txn.cookie),base64]; Expires=%[date(${seconds}),http_date]; Path=/`;
  const add = (text: string, extra: string): string =>
    `http-response add-header Set-Cookie ${word(text)} if ${[unlessOwn, condition, extra].filter(Boolean).join(' ')}`;
  return [
    `http-response set-var-fmt(txn.cookie) ${what}.%[date(0,ms)]`,
    add(`${name}${base}`, ''),
    add(`${name}CORS${base}; SameSite=None`, '!{ var(txn.secure) -m found }'),
    add(`${name}CORS${base}; SameSite=None; Secure`, '{ var(txn.secure) -m found }'),
  ];
}

/** The lines of a target group's backend. */
export function stickinessLines(group: TargetGroupFacts): readonly string[] {
  const { attributes } = group;
  if (attributes['stickiness.enabled'] !== 'true') return [];
  if (attributes['stickiness.type'] === 'app_cookie') return appCookieLines(attributes);
  const seconds = Number(attributes['stickiness.lb_cookie.duration_seconds'] ?? 86_400);
  return [
    ...readCookie('lb', 'AWSALB'),
    `use-server %[var(txn.lb_what)] if ${fresh('lb', seconds)}`,
    ...giveCookie('AWSALB', '%[srv_name]', seconds),
  ];
}

/** The target's own cookie starts the session; both it and AWSALBAPP have to come back to continue it. */
function appCookieLines(attributes: Readonly<Record<string, string>>): readonly string[] {
  const name = attributes['stickiness.app_cookie.cookie_name'] ?? '';
  // It becomes a fetch argument, where brackets and quotes mean something; names with them are not in use.
  if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name)) return [];
  const seconds = Number(attributes['stickiness.app_cookie.duration_seconds'] ?? 86_400);
  const sent = `{ req.cook(${name}) -m found }`;
  return [
    ...readCookie('app', 'AWSALBAPP-0', 'AWSALBAPP-0'),
    `http-request set-var(txn.app_session) bool(true) if ${sent} ${fresh('app', seconds)}`,
    'use-server %[var(txn.app_what)] if { var(txn.app_session) -m found }',
    `http-response set-var(txn.app_session) bool(true) if { res.cook(${name}) -m found }`,
    ...giveCookie('AWSALBAPP-0', '%[srv_name]', APP_COOKIE_SECONDS, '{ var(txn.app_session) -m found }').slice(0, 2),
  ];
}
