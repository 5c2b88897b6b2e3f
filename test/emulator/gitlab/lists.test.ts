import { describe, expect, test } from 'vitest';
import { deployTokens, gitlab } from './fixtures.ts';

interface Named {
  readonly name: string;
  readonly path_with_namespace?: string;
  readonly full_path?: string;
}

/** GitLab with 250 deploy tokens in the project. */
function withTokens(seedQuirks = '{}') {
  const service = gitlab({ seedQuirks });
  for (let index = 0; index < 250; index++)
    service.gitlab.createDeployToken('project', 'team-a/app', { name: `token-${index}` });
  const page = (query: string, wrong = false) =>
    service.call<readonly Named[]>('GET', `${deployTokens}${query}`, { wrong });
  return { ...service, page };
}

function headersOf(headers: Headers, ...names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, headers.get(`x-${name}`)]));
}

const allNames = ['page', 'per-page', 'prev-page', 'next-page', 'total', 'total-pages'];

describe('a page', () => {
  test('has 20 items by default', async () => {
    const { page } = withTokens();
    const { body, headers } = await page('');
    expect(body).toHaveLength(20);
    expect(headersOf(headers, ...allNames)).toEqual({
      page: '1',
      'per-page': '20',
      'prev-page': '',
      'next-page': '2',
      total: '250',
      'total-pages': '13',
    });
  });

  test('has 100 items at most, and the last one fewer', async () => {
    const { page } = withTokens();
    const first = await page('?per_page=101', true);
    expect(first.body).toHaveLength(100);
    expect(headersOf(first.headers, 'per-page', 'next-page')).toEqual({
      'per-page': '100',
      'next-page': '2',
    });
    const last = await page('?per_page=100&page=3');
    expect(last.body).toHaveLength(50);
    expect(headersOf(last.headers, 'prev-page', 'next-page')).toEqual({ 'prev-page': '2', 'next-page': '' });
    expect((await page('?per_page=100&page=4')).body).toEqual([]);
  });

  test('links to the others', async () => {
    const { page } = withTokens();
    const link = (await page('?per_page=100&page=2')).headers.get('link') ?? '';
    const url = (to: number) => `<https://gitlab.example${deployTokens}?per_page=100&page=${to}>`;
    expect(link).toBe(
      `${url(1)}; rel="prev", ${url(3)}; rel="next", ${url(1)}; rel="first", ${url(3)}; rel="last"`,
    );
  });

  test.each([
    ['?per_page=0', 'per_page has a value not allowed'],
    ['?page=x', 'page is invalid'],
    ['?active=maybe', 'active is invalid'],
  ])('is a 400 for %s', async (query, error) => {
    expect(await withTokens().page(query, true)).toMatchObject({ status: 400, body: { error } });
  });

  test('of more than ten thousand items has no totals', async () => {
    const { page, gitlab: actor } = withTokens();
    for (let index = 250; index <= 10_000; index++)
      actor.createDeployToken('project', 'team-a/app', { name: `token-${index}` });
    const { headers } = await page('?per_page=100');
    expect(headersOf(headers, 'total', 'next-page')).toEqual({ total: null, 'next-page': '2' });
  });

  test('can leave out the totals', async () => {
    const { page } = withTokens('{ totals: false }');
    const { headers } = await page('?per_page=100');
    expect(headersOf(headers, 'total', 'total-pages', 'next-page')).toEqual({
      total: null,
      'total-pages': null,
      'next-page': '2',
    });
    expect(headers.get('link')).not.toContain('last');
  });

  test('can leave out the next page, so that only the link has it', async () => {
    const { headers } = await withTokens('{ next_page: false }').page('');
    expect(headers.get('x-next-page')).toBeNull();
    expect(headers.get('link')).toContain('rel="next"');
  });

  test('can link to another origin', async () => {
    const { headers } = await withTokens('{ link_origin: "https://other.example" }').page('');
    expect(headers.get('link')).toContain('<https://other.example/api/v4/projects/1/deploy_tokens?page=2');
  });

  test('can have a wrong total at first', async () => {
    const { page } = withTokens('{ moving_totals: 1 }');
    expect((await page('')).headers.get('x-total')).toBe('251');
    expect((await page('')).headers.get('x-total')).toBe('250');
  });
});

describe('the projects and groups', () => {
  const listed = async (path: string, as: string) => {
    const { body } = await gitlab().call<readonly Named[]>('GET', `/api/v4/${path}`, { as });
    return body.map(({ path_with_namespace, full_path }) => path_with_namespace ?? full_path);
  };

  test.each([
    ['glpat-emulator', ['team-b/app', 'team-a/sub/lib', 'team-a/app']],
    ['glpat-dev', ['team-a/sub/lib', 'team-a/app']],
    ['glpat-app', ['team-a/app']],
    ['glpat-unprivileged', []],
  ])('of %s are those of the roles', async (as, expected) => {
    expect(await listed('projects?membership=true', as)).toEqual(expected);
    expect(await listed('projects', as)).toEqual(expected);
  });

  test('can be limited to those with a role', async () => {
    expect(await listed('projects?membership=true&min_access_level=40', 'glpat-dev')).toEqual([]);
    expect(await listed('projects?membership=true&min_access_level=30', 'glpat-dev')).toHaveLength(2);
    expect(await listed('groups?min_access_level=50', 'glpat-oda')).toEqual(['team-a', 'team-a/sub']);
    expect(await listed('groups?min_access_level=50', 'glpat-max')).toEqual([]);
    expect(await listed('groups?owned=true&top_level_only=true', 'glpat-oda')).toEqual(['team-a']);
  });

  test('include the groups above a project of the caller, but not as a member', async () => {
    expect(await listed('groups', 'glpat-app')).toEqual(['team-a']);
    expect(await listed('groups?all_available=false', 'glpat-app')).toEqual([]);
  });

  test('can be sorted and searched', async () => {
    expect(await listed('projects?order_by=id&sort=asc&search=app', 'glpat-emulator')).toEqual([
      'team-a/app',
      'team-b/app',
    ]);
  });

  test('of a group are the direct ones, or those of subgroups as well', async () => {
    expect(await listed('groups/team-a/projects', 'glpat-oda')).toEqual(['team-a/app']);
    expect(await listed('groups/1/projects?include_subgroups=true&per_page=1', 'glpat-oda')).toEqual([
      'team-a/sub/lib',
    ]);
  });
});
