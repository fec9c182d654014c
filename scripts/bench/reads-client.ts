/** A process that asks ELBv2 as fast as it is answered: `reads-client.ts ENDPOINT SECONDS`. Tells how many answers it got, as JSON. */
import { Agent, request } from 'node:http';

const CONNECTIONS = 8;
const [, , endpoint = '', seconds = '2'] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
// The sandbox reads who signed for which service and does not verify the signature.
const Authorization = `AWS4-HMAC-SHA256 Credential=sandbox/20260101/us-east-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;

function ask(parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Version: '2015-12-01', ...parameters }).toString();
  return new Promise((resolve, reject) => {
    const asking = request(
      endpoint,
      {
        method: 'POST',
        agent,
        headers: { Authorization, 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.once('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}: ${text}`))));
        answer.once('error', reject);
      },
    );
    asking.once('error', reject);
    asking.end(body);
  });
}

const TargetGroupArn = /<TargetGroupArn>([^<]+)</.exec(await ask({ Action: 'DescribeTargetGroups' }))?.[1];
if (TargetGroupArn === undefined) throw new Error('there is no target group to ask about');
const reads = [{ Action: 'DescribeLoadBalancers' }, { Action: 'DescribeTargetGroups' }, { Action: 'DescribeTargetHealth', TargetGroupArn }];
let answers = 0;
const startedAt = performance.now();
const until = startedAt + Number(seconds) * 1000;
await Promise.all(
  Array.from({ length: CONNECTIONS }, async (_, connection) => {
    for (let turn = connection; performance.now() < until; turn++) {
      await ask(reads[turn % reads.length] ?? {});
      answers++;
    }
  }),
);
agent.destroy();
process.stdout.write(JSON.stringify({ answers, seconds: (performance.now() - startedAt) / 1000 }));
