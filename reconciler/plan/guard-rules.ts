/** The rules of the guard: what each asks about, and what allows it. `albedo explain` and the documents read it. */
export const GUARD_RULES = {
  protection: {
    asks: 'replacing or deleting a resource under deletion protection',
    allowed: 'no flag: apply `deletionProtection: false` first',
  },
  deletes: { asks: 'more deletions than the policy allows', allowed: 'a higher `maxDeletes` or --max-deletes' },
  foreign: {
    asks: 'deleting or replacing a resource on which other owners have listeners or rules: AWS deletes those too',
    allowed: '`allowDestroyForeign` or --allow-destroy-foreign',
  },
  'in-use': {
    asks: 'deleting or replacing what others use: a target group to which their rule or load balancer forwards, a network or security group with their resources',
    allowed: 'no flag: change or remove those first, because AWS refuses the deletion',
  },
  replace: { asks: 'replacing a load balancer, which changes its DNS name', allowed: '`allowReplace` or --allow-replace' },
  destroy: { asks: 'a deletion that loses requests, or the address that clients use', allowed: '`allowDestroy` or --allow-destroy' },
  drop: {
    asks: 'any other change of a running stack that loses requests or connections',
    allowed: '`allowDrop` or --allow-drop; for a replacement also `allowReplace`',
  },
  adopt: {
    asks: 'adopting resources without an owner tag, or resources of another stack',
    allowed: '`allowAdopt`, --adopt, or --adopt-from',
  },
  repository: {
    asks: 'a change of a stack that another repository applied last',
    allowed: '`movedFrom` or --moved-from, if the spec was moved here or the repository was renamed',
  },
  name: { asks: 'a name in AWS that another resource already has', allowed: 'no flag: use another name, or adopt the resource' },
  secret: { asks: 'a client secret that is needed but not set', allowed: 'the environment variable that the spec names' },
  load: { asks: 'a load test, its rate, its length, and stopping instances', allowed: '`load` in the policy' },
} as const;

export type GuardRule = keyof typeof GUARD_RULES;
