import { checkObject } from '../check.js';
import { errorsOf, kindNamed, objectOf, warningsOf } from '../testing/objects.js';

const errors = (spec: Record<string, unknown>): string[] => errorsOf('Provider', spec);
const effective = (spec: Record<string, unknown>) =>
  checkObject(kindNamed('Provider'), objectOf('Provider', spec)).effective?.spec;

describe('Provider defaults', () => {
  it('come from the vendor, and the vendor from the type', () => {
    expect(effective({})).toMatchObject({
      vendor: 'OpenAI',
      baseURL: 'https://api.openai.com/v1',
      auth: { type: 'Bearer' },
    });
    expect(effective({ type: 'OpenAICompatible', vendor: 'Groq' })).toMatchObject({
      baseURL: 'https://api.groq.com/openai/v1',
    });
  });
  it('name a model upstream as here', () => {
    expect(effective({ models: [{ name: 'a' }, { name: 'b', upstreamName: 'c' }] })).toMatchObject({
      models: [
        { name: 'a', upstreamName: 'a' },
        { name: 'b', upstreamName: 'c' },
      ],
    });
  });
  it('fill what an object leaves out, not what it says', () => {
    expect(effective({ timeouts: { connect: '1s' }, circuitBreaker: { failureRatio: { percent: 10 } } })).toMatchObject(
      {
        timeouts: { connect: '1s', firstByte: '60s', streamIdle: '60s', request: '600s' },
        circuitBreaker: { consecutiveFailures: 5, failureRatio: { percent: 10, minRequests: 20, window: '30s' } },
      },
    );
  });
});

describe('Provider addresses', () => {
  /** Each spelling leads to a private, loopback, link-local or otherwise special address. */
  it.each([
    'https://127.0.0.1/v1',
    'https://127.1/v1',
    'https://2130706433/v1',
    'https://0x7f000001/v1',
    'https://0x7f.0.0.1/v1',
    'https://0177.0.0.1/v1',
    'https://017700000001/v1',
    'https://0/v1',
    'https://10.1.2.3/v1',
    'https://172.16.0.1/v1',
    'https://192.168.0.1/v1',
    'https://100.64.0.1/v1',
    'https://169.254.169.254/latest/meta-data',
    'https://224.0.0.1/v1',
    'https://255.255.255.255/v1',
    'https://192.0.2.1/v1',
    'https://[::1]/v1',
    'https://[::]/v1',
    'https://[::ffff:127.0.0.1]/v1',
    'https://[::ffff:7f00:1]/v1',
    'https://[64:ff9b::7f00:1]/v1',
    'https://[2002:7f00:1::]/v1',
    'https://[fe80::1]/v1',
    'https://[fd00::1]/v1',
    'https://localhost/v1',
    'https://LOCALHOST./v1',
    'https://api.localhost/v1',
    'https://%6c%6f%63%61%6c%68%6f%73%74/v1',
  ])('%s needs permission', (baseURL) => {
    const { errors } = checkObject(kindNamed('Provider'), objectOf('Provider', { baseURL }));
    expect(errors).toMatchObject([{ path: 'spec.baseURL', reason: 'Forbidden', condition: 'UnsafeAddress' }]);
    expect(errorsOf('Provider', { baseURL, allowPrivateNetwork: true })).toEqual([]);
  });

  it.each([
    'https://api.example.com/v1',
    'https://8.8.8.8/v1',
    'https://[2606:4700::1111]/v1',
    'https://example.com:8443',
  ])('%s needs none', (baseURL) => expect(errors({ baseURL })).toEqual([]));

  it.each([
    ['', 'must be printable ASCII without blanks'],
    [
      'https://api.example.com/v1/chat/completions',
      'must end before /chat/completions, which is appended to it: baseURL: https://api.example.com/v1',
    ],
    [
      'https://api.example.com/v1/completions/',
      'must end before /completions, which is appended to it: baseURL: https://api.example.com/v1',
    ],
    ['https://a b/', 'must be printable ASCII without blanks'],
    ['https://exa\nmple.com/', 'must be printable ASCII without blanks'],
    ['https://１２７.0.0.1/', 'must be printable ASCII without blanks'],
    ['example.com/v1', 'must be a URL such as https://api.example.com/v1'],
    ['https://', 'must be a URL such as https://api.example.com/v1'],
    ['file:///etc/passwd', 'must start with https:// or http://'],
    [
      'https://user:pw@example.com/',
      'must not hold a user or password; put the key into a Secret and name it in a KeyPool',
    ],
    ['https://example.com/v1?x=1', 'must end with the path: no "?" and no "#"'],
    ['https://example.com/v1#x', 'must end with the path: no "?" and no "#"'],
    ['https://example.com/v1?', 'must end with the path: no "?" and no "#"'],
    [
      'http://example.com/v1',
      'is plain http, which shows keys and prompts to the network; use https, or set spec.allowInsecure: true',
    ],
  ])('refuses %j', (baseURL, message) => expect(errors({ baseURL })).toEqual([`spec.baseURL: ${message}`]));

  it('need saying where the vendor has none', () => {
    expect(errors({ type: 'OpenAICompatible' })).toEqual([
      'spec.baseURL: vendor OpenAICompatible has no address of its own; set the URL of its API, such as https://api.example.com/v1',
    ]);
  });

  it('asks for a verb of its own for each permission', () => {
    const { effective } = checkObject(
      kindNamed('Provider'),
      objectOf('Provider', { baseURL: 'http://127.0.0.1/', allowInsecure: true, allowPrivateNetwork: true }),
    );
    expect(kindNamed('Provider').requiredVerbs!(effective!)).toEqual([
      { verb: 'allow-insecure', path: 'spec.allowInsecure' },
      { verb: 'allow-private-network', path: 'spec.allowPrivateNetwork' },
    ]);
    expect(kindNamed('Provider').requiredVerbs!(kindNamed('Provider').effective(objectOf('Provider')))).toEqual([]);
  });
});

describe('Provider rules', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'auth by header without its name',
      { auth: { type: 'Header' } },
      ['spec.auth.name: type Header needs the name of the header'],
    ],
    [
      'auth by a header of the connection',
      { auth: { type: 'Header', name: 'Host' } },
      ['spec.auth.name: this header is set by the connection itself'],
    ],
    [
      'fields of another auth type',
      { auth: { type: 'Bearer', name: 'x-key', prefix: 'k' } },
      [
        'spec.auth.name: is used with type Header only; remove it, or set spec.auth.type: Header',
        'spec.auth.prefix: is used with type Header only; remove it, or set spec.auth.type: Header',
      ],
    ],
    [
      'a credential as a fixed header',
      { headers: [{ name: 'Authorization', value: 'Bearer x' }] },
      ['spec.headers[0].name: carries a credential; put the key into a KeyPool, and say in spec.auth how it is sent'],
    ],
    [
      'the auth header twice',
      { auth: { type: 'Header', name: 'X-House-Key' }, headers: [{ name: 'x-house-key', value: 'x' }] },
      ['spec.headers[0].name: carries a credential; put the key into a KeyPool, and say in spec.auth how it is sent'],
    ],
    [
      'a hop-by-hop header',
      { headers: [{ name: 'Transfer-Encoding', value: 'chunked' }] },
      ['spec.headers[0].name: is set by the connection itself; remove it'],
    ],
    [
      'bounds the wrong way round',
      { circuitBreaker: { openFor: '10m' } },
      ['spec.circuitBreaker.maxOpenFor: must be at least openFor (10m)'],
    ],
    [
      'a vendor of another type',
      { vendor: 'Groq' },
      ['spec.vendor: must be OpenAI with type OpenAI; for Groq set spec.type: OpenAICompatible'],
    ],
  ])('refuse %s', (_title, spec, expected) => expect(errors(spec)).toEqual(expected));

  it('keep the type', () => {
    const kind = kindNamed('Provider');
    const [before, after] = [{}, { type: 'OpenAICompatible', baseURL: 'https://x.example/' }].map((spec) =>
      kind.effective(objectOf('Provider', spec)),
    );
    expect(kind.validateUpdate!(before!, before!)).toEqual([]);
    expect(kind.validateUpdate!(objectOf('Provider', { models: 'older than the schema' }), before!)).toEqual([]);
    expect(kind.validateUpdate!(before!, after!)).toMatchObject([{ path: 'spec.type', reason: 'Forbidden' }]);
  });

  it('warn of a timeout that never passes', () => {
    expect(warningsOf('Provider', { timeouts: { request: '30s' } })).toEqual([
      'spec.timeouts.firstByte: 60s never passes, as request ends after 30s',
      'spec.timeouts.streamIdle: 60s never passes, as request ends after 30s',
    ]);
    expect(warningsOf('Provider', {})).toEqual([]);
  });
});
