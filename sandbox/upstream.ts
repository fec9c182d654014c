/**
 * The moto process behind the gateway: started, asked, reset and stopped here. moto answers EC2, IAM (without server
 * certificates), STS and SSM; what it lacks is added by the ledger.
 */
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type SupervisedProcess, spawnSupervised } from './supervised-process.ts';
import { findPython } from './tools.ts';
import type { ApiAnswer } from './types.ts';
import { ApiRefusal } from './wire.ts';

const SERVER = fileURLToPath(new URL('./python/moto_server.py', import.meta.url));
/** moto starts in 2 s on an idle machine, in 6 s on a busy one. */
const START_LIMIT_MS = 60_000;

export interface UpstreamRequest {
  readonly service: string;
  readonly region: string;
  /** The account that is asked; moto keeps accounts apart by it. */
  readonly account?: string;
  /** Of the caller, where it matters who that is. */
  readonly accessKey?: string;
  readonly body: string;
  /** `X-Amz-Target` of a JSON service; form encoding without it. */
  readonly target?: string;
}

export interface Upstream {
  readonly pid: number;
  /** Passes one request on. A crash of moto becomes the refusal `InvalidAction` with "sandbox gap" in its message. */
  send(call: UpstreamRequest): Promise<ApiAnswer>;
  /** Forgets every resource of every region. */
  reset(): Promise<void>;
  /** Keeps all of it under a name, in moto's memory, or puts back what was kept. */
  keep(name: string): Promise<void>;
  putBack(name: string): Promise<void>;
  stop(): Promise<void>;
  keepAlive(on: boolean): void;
}

/** Starts a moto of its own and resolves once it answers. `log` is told what moto writes to its standard error. */
export async function startUpstream(log: (line: string) => void): Promise<Upstream> {
  const ready: { resolve: (port: number) => void } = { resolve: () => undefined };
  const port = new Promise<number>((resolve) => {
    ready.resolve = resolve;
  });
  const tail: string[] = [];
  const moto = spawnSupervised(findPython(), [SERVER], {
    // Without these moto launches any AMI, type and key pair name; with them it answers AWS's own error codes.
    env: {
      MOTO_ENABLE_AMI_VALIDATION: 'true',
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: 'true',
      MOTO_ENABLE_KEYPAIR_VALIDATION: 'true',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    onStdout: (line) => ready.resolve(Number(line)),
    onStderr: (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      log(`moto: ${line}`);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = Promise.race([
    moto.exited.then((exit) => `ended at once (code ${exit.code ?? exit.signal})`),
    new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`did not answer within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    }),
  ]);
  const started = await Promise.race([port, failed]);
  clearTimeout(timer);
  if (typeof started === 'string') {
    await moto.stop();
    throw new Error(
      `moto, which answers EC2, IAM, STS and SSM in the sandbox, ${started}. It said:\n${tail.join('\n') || '(nothing)'}\nRun "albedo setup" to repair its virtual environment.`,
    );
  }
  return connect(moto, started, log);
}

function connect(moto: SupervisedProcess, port: number, log: (line: string) => void): Upstream {
  // moto closes every connection after one answer: pooling them only earns resets.
  const agent = new Agent({ keepAlive: false, maxSockets: 16 });
  const post = (path: string, headers: Record<string, string>, body: string): Promise<ApiAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method: 'POST',
          path,
          agent,
          headers: { ...headers, Connection: 'close', 'Content-Length': Buffer.byteLength(body) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 500,
              contentType: incoming.headers['content-type'] ?? 'text/xml',
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const manage = async (what: 'keep' | 'put-back', name: string): Promise<void> => {
    const answer = await post(`/moto-api/${what}?name=${encodeURIComponent(name)}`, {}, '');
    if (answer.status !== 200) throw new Error(`moto could not ${what} its state: ${answer.body}`);
  };

  return {
    pid: moto.pid,
    keep: (name) => manage('keep', name),
    putBack: (name) => manage('put-back', name),
    async send(call) {
      const headers: Record<string, string> = {
        // moto reads service and region out of the credential scope, and accepts any signature.
        Authorization: `AWS4-HMAC-SHA256 Credential=${call.accessKey ?? 'sandbox'}/20200101/${call.region}/${call.service}/aws4_request, SignedHeaders=host, Signature=0`,
        Host: `${call.service}.${call.region}.amazonaws.com`,
        'Content-Type': call.target === undefined ? 'application/x-www-form-urlencoded; charset=utf-8' : 'application/x-amz-json-1.1',
      };
      if (call.target !== undefined) headers['X-Amz-Target'] = call.target;
      if (call.account !== undefined) headers['x-moto-account-id'] = call.account;
      const answer = await post('/', headers, call.body).catch((cause: unknown) => {
        throw new ApiRefusal(
          'ServiceUnavailable',
          `sandbox: moto, which answers ${call.service}, cannot be reached (${String(cause)}). Restart the sandbox.`,
          503,
        );
      });
      if (answer.status < 500 || !/html/i.test(answer.contentType)) return answer;
      const action = call.target ?? new URLSearchParams(call.body).get('Action') ?? 'a request without an action';
      log(`sandbox gap: moto crashed on ${call.service} ${action}`);
      throw new ApiRefusal(
        'InvalidAction',
        `sandbox gap: ${call.service} ${action} is not something the sandbox can answer (moto crashed on it). Real AWS may well accept it.`,
      );
    },
    async reset() {
      const answer = await post('/moto-api/reset', {}, '');
      if (answer.status !== 200) throw new Error(`moto refused to be reset: HTTP ${answer.status}.`);
    },
    stop: () => moto.stop(),
    keepAlive: (on) => moto.keepAlive(on),
  };
}
