/** Rules of others whose conditions of one kind must all hold, and listeners that check tokens: imported with an empty plan. */
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { contractSuite } from '../support/contract-bench.ts';
import {
  handMadeBalancer,
  handMadeCertificate,
  handMadeGroup,
  handMadeListener,
  handMadeNetwork,
  handMadeRule,
} from '../support/hand-made.ts';
import { imported } from '../support/importing.ts';

const t = contractSuite('import, conditions of one kind', { dataplane: false });

const query = (Key: string, Value: string): RuleCondition => ({ Field: 'query-string', QueryStringConfig: { Values: [{ Key, Value }] } });
const role = (value: string): RuleCondition => ({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Role', Values: [value] } });
const answer = [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '200' } }];

t('two conditions on the query, or on one header, are said under and', async (bench) => {
  const network = await handMadeNetwork(bench);
  const balancer = await handMadeBalancer(bench, network, 'both');
  const group = await handMadeGroup(bench, network, 'both');
  const listener = await handMadeListener(bench, balancer, 80, { Type: 'forward', TargetGroupArn: group });
  await handMadeRule(bench, listener, 10, [query('paramA', 'valueA'), query('paramB', 'valueB')], answer);
  await handMadeRule(bench, listener, 11, [role('*admin*'), role('*eu*')], answer);
  const made = await imported(bench, 'both');
  assert.match(made.text, /and:\n +- query:\n|and: \[\{ query:/, made.text);
  assert.equal(made.lost, []);
  assert.equal(made.problems, []);
  assert.equal(made.differences, []);
});

t('the check of a JSON Web Token is imported, and no secret is asked for', async (bench) => {
  const network = await handMadeNetwork(bench);
  const balancer = await handMadeBalancer(bench, network, 'tokens');
  const group = await handMadeGroup(bench, network, 'tokens');
  const certificate = await handMadeCertificate(bench, 'tokens');
  await handMadeListener(
    bench,
    balancer,
    443,
    {
      Type: 'jwt-validation',
      Order: 1,
      JwtValidationConfig: { JwksEndpoint: 'https://login.example/keys.json', Issuer: 'https://login.example' },
    },
    {
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: certificate }],
      DefaultActions: [
        {
          Type: 'jwt-validation',
          Order: 1,
          JwtValidationConfig: { JwksEndpoint: 'https://login.example/keys.json', Issuer: 'https://login.example' },
        },
        { Type: 'forward', Order: 2, TargetGroupArn: group },
      ],
    },
  );
  const made = await imported(bench, 'tokens');
  assert.match(made.text, 'jwtValidation');
  assert.not.match(made.text, 'OIDC');
  assert.equal([made.lost, made.advice, made.problems, made.differences], [[], [], [], []]);
});

t.run();
