const wanted = process.env['INPUT_NODE-VERSION'];
const has = process.versions.node.split('.')[0];
if (wanted !== has) throw new Error(`Node ${wanted} is asked for, and the tests run ${has}`);
// A release takes nothing out of a cache that others can write to.
if (process.env['INPUT_PACKAGE-MANAGER-CACHE'] !== 'false') throw new Error('package-manager-cache has to be false');
