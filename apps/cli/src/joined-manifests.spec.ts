import { readYAML } from '#libs/apimachinery';
import { JoinedManifests, joinDocuments } from './joined-manifests.js';

const manifests = [
  { file: 'a.yaml', text: 'a: 1\nb: 2' },
  { file: 'b.yaml', text: '---\nc: 3\n---\nd: 4\n' },
  { file: 'c.json', text: '{"e": 5}\n' },
];

test('documents stay apart, whatever the files end with', () => {
  const joined = joinDocuments(['a: 1\n---\nb: 2', '# nothing\n', '---\nc: 3\n', '{"d": 4}']);
  expect(readYAML(joined).map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }, { d: 4 }]);
});

test('each line of the joined text is a line of the file it came from', () => {
  const joined = new JoinedManifests(manifests);
  const places = readYAML(joined.text).map(({ number, line }) =>
    joined.located(`document ${number}, line ${line}: no`),
  );
  expect(places).toEqual(['a.yaml:1: no', 'b.yaml:2: no', 'b.yaml:4: no', 'c.json:1: no']);
  expect(joined.located("the body can't be read: line 2: not YAML")).toBe("the body can't be read: a.yaml:2: not YAML");
  expect(joined.located('[document 1, line 2: x, document 3, line 5, items[0]: y]')).toBe(
    '[a.yaml:2: x, b.yaml:2, items[0]: y]',
  );
});

test('what names no line stays as it is', () => {
  expect(new JoinedManifests(manifests).located('the body holds no object in line with that')).toBe(
    'the body holds no object in line with that',
  );
  expect(new JoinedManifests([]).located('line 4')).toBe('line 4');
});
