/**
 * Who gets which loopback address. A sandbox holds a number of its own for as long as it runs, and everything in it has an
 * address 127.<number>.y.z: instances in the lower half, load balancers in the upper, the sandbox's own servers at the end.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

const FIRST_NUMBER = 64;
const NUMBERS = 160;
/** Holding this port of 127.<number>.255.254 is what owning the number means; the kernel gives it back when we end. */
const CLAIM_PORT = 29_999;
const BLOCK = 128 * 254;

export interface Addresses {
  readonly number: number;
  /** The same answer for the same instance for as long as the sandbox runs. */
  instance(id: string): string;
  loadBalancer(arn: string): string;
  /** Where the sandbox's own servers listen. */
  readonly own: string;
  /** The port that is really bound for `port`: the same where the process may bind it, else `port` + 20000. */
  port(port: number): number;
  release(): Promise<void>;
}

/** Claims a number no other running sandbox has. The search starts anywhere, so that a number just given up is not met again at once. */
export async function claimAddresses(start = process.pid): Promise<Addresses> {
  for (let step = 0; step < NUMBERS; step++) {
    const number = FIRST_NUMBER + ((start + step) % NUMBERS);
    const claim = await listen(`127.${number}.255.254`, CLAIM_PORT);
    if (claim === undefined) continue;
    const lowest = lowestBindablePort();
    const instances = new Map<string, string>();
    const loadBalancers = new Map<string, string>();
    return {
      number,
      instance: (id) => allot(instances, id, number, 0),
      loadBalancer: (arn) => allot(loadBalancers, arn, number, 128),
      own: `127.${number}.255.253`,
      port: (port) => (port < lowest ? port + 20_000 : port),
      release: () => new Promise((resolve) => claim.close(() => resolve())),
    };
  }
  throw new Error(
    `No sandbox number is free: all of 127.${FIRST_NUMBER}.255.254 to 127.${FIRST_NUMBER + NUMBERS - 1}.255.254 have port ${CLAIM_PORT} in use. Stop a sandbox that is no longer needed.`,
  );
}

/** One address after another; the second block (load balancers) ends below x.255.0, which is the sandbox's own. */
function allot(taken: Map<string, string>, key: string, number: number, firstThird: number): string {
  const known = taken.get(key);
  if (known !== undefined) return known;
  const index = taken.size;
  if (index >= BLOCK - 254) throw new Error(`The sandbox has no loopback address left for ${key}: ${index} were given out. Restart it.`);
  const address = `127.${number}.${firstThird + Math.floor(index / 254)}.${1 + (index % 254)}`;
  taken.set(key, address);
  return address;
}

/** Undefined when someone else listens there. */
function listen(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new Error(
            `Cannot listen on ${host}: ${error.message}. The sandbox needs all of 127.0.0.0/8 on the loopback interface, as Linux has it.`,
            { cause: error },
          ),
        );
    });
    server.listen({ host, port }, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Root binds anything; everyone else from the kernel's `ip_unprivileged_port_start`, 1024 where it does not say. */
function lowestBindablePort(): number {
  if (process.getuid?.() === 0) return 1;
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return 1024;
  }
}
