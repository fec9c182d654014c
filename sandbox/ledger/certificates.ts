/**
 * IAM's server certificates, kept here instead of in moto (which checks nothing, forgets tags and dates everything 2010).
 * Two delays of the real thing are kept: Elastic Load Balancing learns of a new certificate a moment after IAM has it,
 * and IAM learns of a detached one a moment after Elastic Load Balancing let go.
 */
import { randomBytes } from 'node:crypto';
import { IN_ORDER, type Order } from '../shuffle.ts';
import type { ApiAnswer, ApiCall, CertificateView, Clock, Elbv2State, Timings } from '../types.ts';
import { ACCOUNT, ApiRefusal, XML_TYPE } from '../wire.ts';
import { buildXml, listOf, type XmlObject } from '../xml.ts';
import { checkName, checkPath, checkTags, page, tagsParam } from './iam-input.ts';
import { type CheckedCertificate, checkCertificate } from './pem.ts';

/** IAM quotas: server certificates of an account (20, adjustable). */
const CERTIFICATE_QUOTA = 20;

interface Stored extends CheckedCertificate {
  readonly id: string;
  name: string;
  path: string;
  readonly uploadedAt: number;
  readonly tags: Map<string, string>;
  /** The load balancer that used it last, and the clock time at which it let go; 0 while in use or never used. */
  lastUser: string;
  releasedAt: number;
}

export interface Certificates extends CertificateView {
  /** Whether this IAM action is one of the server certificate calls. */
  handles(action: string): boolean;
  handle(call: ApiCall): ApiAnswer;
  /** Who uses certificates: needed for DeleteConflict. */
  connect(state: Pick<Elbv2State, 'certificateUsers' | 'onChange'>): void;
  /** Names of the certificates kept. */
  names(): readonly string[];
  reset(): void;
  /** What there is now, as data, and back again. */
  save(): readonly Stored[];
  load(state: readonly Stored[]): void;
}

export interface CertificatesOptions {
  /** Whose they are; the default account when left out. */
  readonly account?: string;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly quota?: number;
  /** How lists are put in order; by default by name. */
  readonly order?: Order;
}

export function createCertificates(options: CertificatesOptions): Certificates {
  const { account = ACCOUNT, clock, timings, order = IN_ORDER } = options;
  const quota = options.quota ?? CERTIFICATE_QUOTA;
  const stored = new Map<string, Stored>();
  let state: Pick<Elbv2State, 'certificateUsers' | 'onChange'> | undefined;

  const arnOf = (one: Stored): string => `arn:aws:iam::${account}:server-certificate${one.path}${one.name}`;
  const demand = (name: string): Stored => {
    checkName(name);
    const found = stored.get(name);
    if (!found) throw new ApiRefusal('NoSuchEntity', `The Server Certificate with name ${name} cannot be found.`, 404);
    return found;
  };
  const metadata = (one: Stored): XmlObject => ({
    Path: one.path,
    ServerCertificateName: one.name,
    ServerCertificateId: one.id,
    Arn: arnOf(one),
    UploadDate: date(one.uploadedAt),
    Expiration: date(one.expiresAt),
  });
  const tagList = (one: Stored) =>
    listOf(
      [...one.tags].map(([Key, Value]) => ({ Key, Value })),
      'member',
    );
  const noteUsers = (): void => {
    for (const one of stored.values()) {
      const [user] = state?.certificateUsers(arnOf(one)) ?? [];
      if (user !== undefined) {
        one.lastUser = user;
        one.releasedAt = 0;
      } else if (one.lastUser !== '' && one.releasedAt === 0) one.releasedAt = clock.now();
    }
  };
  const refuseTaken = (name: string): void => {
    if (stored.has(name)) throw new ApiRefusal('EntityAlreadyExists', `The Server Certificate with name ${name} already exists.`, 409);
  };

  const actions: Readonly<Record<string, (params: Readonly<Record<string, string>>) => XmlObject>> = {
    UploadServerCertificate(params) {
      const name = checkName(params['ServerCertificateName'] ?? '');
      const path = checkPath(params['Path'] ?? '/');
      const tags = checkTags(tagsParam(params));
      const upload = {
        body: params['CertificateBody'] ?? '',
        chain: params['CertificateChain'] ?? '',
        privateKey: params['PrivateKey'] ?? '',
      };
      const checked = checkCertificate(upload, clock.now());
      refuseTaken(name);
      if (stored.size >= quota)
        throw new ApiRefusal('LimitExceeded', `Cannot exceed quota for ServerCertificatesPerAccount: ${quota}`, 409);
      const id = `ASCA${[...randomBytes(17)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')}`;
      const one: Stored = { ...checked, id, name, path, uploadedAt: clock.now(), tags: new Map(tags), lastUser: '', releasedAt: 0 };
      stored.set(name, one);
      return { ServerCertificateMetadata: metadata(one), ...(one.tags.size > 0 ? { Tags: tagList(one) } : {}) };
    },
    GetServerCertificate(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      const chain = one.chain === '' ? {} : { CertificateChain: one.chain };
      return { ServerCertificate: { ServerCertificateMetadata: metadata(one), CertificateBody: one.body, ...chain, Tags: tagList(one) } };
    },
    ListServerCertificates(params) {
      const prefix = params['PathPrefix'] ?? '/';
      const all = [...stored.values()].filter((one) => one.path.startsWith(prefix)).sort((a, b) => (a.name < b.name ? -1 : 1));
      const { shown, rest } = page(
        order.arrange(all, ({ name }) => name),
        params,
      );
      return { ServerCertificateMetadataList: listOf(shown.map(metadata), 'member'), ...rest };
    },
    UpdateServerCertificate(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      const name = checkName(params['NewServerCertificateName'] ?? one.name);
      const path = checkPath(params['NewPath'] ?? one.path);
      if (name !== one.name) refuseTaken(name);
      stored.delete(one.name);
      one.name = name;
      one.path = path;
      stored.set(name, one);
      return {};
    },
    DeleteServerCertificate(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      noteUsers();
      const held = one.lastUser !== '' && (one.releasedAt === 0 || clock.now() < one.releasedAt + timings.certificateRelease);
      if (held) {
        const message = `Certificate: ${one.id} is currently in use by ${one.lastUser}. Please remove it first before deleting it from IAM.`;
        throw new ApiRefusal('DeleteConflict', message, 409);
      }
      stored.delete(one.name);
      return {};
    },
    TagServerCertificate(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      const tags = checkTags(tagsParam(params), one.tags);
      for (const [key, value] of tags) one.tags.set(key, value);
      return {};
    },
    UntagServerCertificate(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      for (const [name, key] of Object.entries(params)) if (name.startsWith('TagKeys.member.')) one.tags.delete(key);
      return {};
    },
    ListServerCertificateTags(params) {
      const one = demand(params['ServerCertificateName'] ?? '');
      const { shown, rest } = page([...one.tags], params);
      return {
        Tags: listOf(
          shown.map(([Key, Value]) => ({ Key, Value })),
          'member',
        ),
        ...rest,
      };
    },
  };

  return {
    handles: (action) => Object.hasOwn(actions, action),
    handle(call) {
      const result = actions[call.action]?.(call.params) ?? {};
      const wrapped = Object.keys(result).length === 0 ? {} : { [`${call.action}Result`]: result };
      const content = {
        '@_xmlns': 'https://iam.amazonaws.com/doc/2010-05-08/',
        ...wrapped,
        ResponseMetadata: { RequestId: call.requestId },
      };
      return { status: 200, contentType: XML_TYPE, body: buildXml({ [`${call.action}Response`]: content }) };
    },
    connect(users) {
      state = users;
      users.onChange(noteUsers);
    },
    serverCertificate(arn) {
      for (const one of stored.values()) {
        if (arnOf(one) !== arn) continue;
        const { name, body, chain, privateKey } = one;
        return { arn, name, body, chain, privateKey, visibleToElbAt: one.uploadedAt + timings.certificateVisible };
      }
      return undefined;
    },
    names: () => [...stored.keys()],
    reset: () => stored.clear(),
    save: () => structuredClone([...stored.values()]),
    load(state) {
      stored.clear();
      for (const one of structuredClone(state)) stored.set(one.name, one);
    },
  };
}

const date = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
