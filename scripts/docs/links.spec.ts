import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
const pages = execFileSync('git', listed, { cwd: checkout, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(checkout, page)))
  .sort();

const textOf = (page: string) => readFileSync(join(checkout, page), 'utf8');

/** Without what stands in fences and code marks, where brackets are code. */
const proseOf = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** Headings as the web pages of Git servers name them. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** What a link of a page doesn't reach; undefined if it does. */
function brokenLink(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(checkout, join(checkout, dirname(page), path));
  if (!existsSync(join(checkout, target))) return `${page}: ${link}: there is no ${target}`;
  if (anchor === undefined || anchorsOf(target).includes(anchor)) return undefined;
  return `${page}: ${link}: ${target} has no such heading`;
}

test('every link in the pages leads to a file, and its anchor to a heading', () => {
  const broken = pages.flatMap((page) => {
    const links = [...proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    return links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => brokenLink(page, link));
  });
  expect(broken.filter((each) => each !== undefined)).toEqual([]);
  expect(broken.length).toBeGreaterThan(40);
});

test('every page of docs/ is linked from somewhere', () => {
  const linked = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s#]+)/g)].map(([, link = '']) =>
      relative(checkout, join(checkout, dirname(page), link)),
    ),
  );
  expect(pages.filter((page) => page.startsWith('docs/') && !linked.includes(page))).toEqual([]);
});

/** Written from the pages: after a new decision run `UPDATE_GOLDEN=1 npm test -- scripts/docs`. */
test('docs/adr/README.md lists every decision by its title, with the date and status that its page has', () => {
  const index = join(checkout, 'docs/adr/README.md');
  const decisions = pages.filter((page) => page.startsWith('docs/adr/') && !page.endsWith('README.md'));
  const rows = decisions.map((page) => {
    const [, title] = /^# (.+)$/m.exec(textOf(page)) ?? [];
    const [line, status, date] = /^Status: ([^,]+), (\d{4}-\d{2})\.?$/m.exec(textOf(page)) ?? [];
    if (!line) throw new Error(`${page} needs a line such as "Status: accepted, 2026-11." under its title`);
    return `| [${title}](${page.slice('docs/adr/'.length)}) | ${date} | ${status} |\n`;
  });
  const [head] = textOf('docs/adr/README.md').split(/^\| \[/m);
  expectGolden(index, `${head}${rows.join('')}`);
});
