/** A port on localhost for each listener, so that a browser or any tool reaches it without knowing where load balancers are. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** `<dns name>:<port>` -> `<address>:<port>`. */
type Addresses = Readonly<Record<string, string>>;

export interface LocalPorts {
  /** Opens a port for each listener that has none yet and closes those of listeners that are gone. Never rejects. */
  follow(hosts: Addresses): Promise<void>;
  /** `<dns name>:<port>` -> `localhost:<port>`. */
  map(): Addresses;
  stop(): Promise<void>;
}

interface LocalPort {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly port: number;
  to: string;
}

export function openLocalPorts(log: (line: string) => void): LocalPorts {
  const ports = new Map<string, LocalPort>();
  const close = ({ server, sockets }: LocalPort): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  let turn = Promise.resolve();

  const open = async (name: string, to: string): Promise<void> => {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const at = ports.get(name)?.to ?? to;
      const cut = at.lastIndexOf(':');
      const upstream = connect({ host: at.slice(0, cut), port: Number(at.slice(cut + 1)) });
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket);
        socket.once('error', () => other.destroy());
        socket.once('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    const port = Number(name.slice(name.lastIndexOf(':') + 1));
    // The ports that people try first; any other when another program has them.
    const bound = (await listen(server, port === 443 ? 8443 : port < 1024 ? port + 8000 : port)) ?? (await listen(server, 0));
    if (bound === undefined) return log(`no port on localhost could be opened for ${name}`);
    server.unref();
    ports.set(name, { server, sockets, port: bound, to });
  };

  return {
    follow(hosts) {
      turn = turn.then(async () => {
        for (const [name, each] of ports) {
          if (hosts[name] !== undefined) continue;
          ports.delete(name);
          await close(each);
        }
        for (const [name, to] of Object.entries(hosts)) {
          const each = ports.get(name);
          if (each === undefined) await open(name, to);
          else each.to = to;
        }
      });
      return turn;
    },
    map: () => Object.fromEntries([...ports].map(([name, { port }]) => [name, `localhost:${port}`])),
    async stop() {
      await turn;
      await Promise.all([...ports.values()].map(close));
      ports.clear();
    },
  };
}

/** The port; undefined when it cannot be had. */
function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(undefined);
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : undefined);
    });
  });
}
