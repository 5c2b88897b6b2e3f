import { describe, expect, it, test } from 'vitest';
import { errorText, readText } from '../../src/http/body.ts';
import { dockerHubInfo } from '../../src/providers/docker-hub/service.ts';
import { ionosInfo } from '../../src/providers/ionos/service.ts';

describe('the error text of a response', () => {
  test.each([
    {
      why: 'IONOS: messages with their codes',
      body: {
        httpStatus: 400,
        messages: [
          { errorCode: 'validation-1', message: 'name is invalid' },
          { errorCode: 'validation-2', message: 'scopes are invalid' },
        ],
      },
      text: 'name is invalid (validation-1); scopes are invalid (validation-2)',
    },
    { why: 'IONOS: no code', body: { messages: [{ message: 'conflict' }] }, text: 'conflict' },
    { why: 'IONOS: no message', body: { messages: [{ errorCode: '309' }] }, text: 'no message (309)' },
    {
      why: 'Docker Hub: message',
      body: { message: 'bad request', errinfo: null, detail: null },
      text: 'bad request',
    },
    {
      why: 'Docker Hub: message and the keys of errinfo',
      body: { message: 'bad request', errinfo: { label: 'too long', scopes: 'unknown' } },
      text: 'bad request (label, scopes)',
    },
    { why: 'Docker Hub: message before detail', body: { detail: 'b', message: 'a' }, text: 'a' },
    {
      why: 'Docker Hub: detail where the message is empty',
      body: { detail: 'permission denied', message: '' },
      text: 'permission denied',
    },
    {
      why: 'Docker Hub: text and the keys of fields',
      body: { fields: { label: ['required'] }, text: 'invalid' },
      text: 'invalid (label)',
    },
    {
      why: 'Docker Hub: rate limit',
      body: { detail: 'Rate limit exceeded', error: false },
      text: 'Rate limit exceeded',
    },
    { why: 'any service: message', body: { message: 'bad gateway' }, text: 'bad gateway' },
    { why: 'any service: detail', body: { detail: 'not now' }, text: 'not now' },
    { why: 'JSON of no known shape', body: { oops: true }, text: 'application/json: {"oops":true}' },
    { why: 'IONOS: no messages at all', body: { messages: [] }, text: 'application/json: {"messages":[]}' },
  ])('$why', ({ why, body, text }) => {
    const { errorText: readOwn } = why.startsWith('Docker Hub') ? dockerHubInfo : ionosInfo;
    expect(errorText(JSON.stringify(body), 'application/json', readOwn)).toBe(text);
  });

  test.each([
    {
      why: 'HTML',
      body: '<html>\n  <h1>502   Bad Gateway</h1>\n</html>',
      type: 'text/html',
      text: 'text/html: <html> <h1>502 Bad Gateway</h1> </html>',
    },
    { why: 'a text without a type', body: 'oops', type: null, text: 'no content type: oops' },
    { why: 'nothing', body: '', type: 'text/html', text: 'the response is empty' },
    { why: 'white space', body: ' \n ', type: null, text: 'the response is empty' },
    {
      why: 'broken JSON',
      body: '{"message":',
      type: 'application/json',
      text: 'application/json: {"message":',
    },
    {
      why: 'the start of a long text',
      body: 'x'.repeat(1000),
      type: 'text/plain',
      text: `text/plain: ${'x'.repeat(120)}`,
    },
    {
      why: 'a text without an end, and without a place to cut it',
      body: 'x'.repeat(100_000),
      type: 'text/plain',
      text: 'text/plain, 100000 characters',
    },
  ])('$why', ({ body, type, text }) => {
    expect(errorText(body, type, () => undefined)).toBe(text);
  });
});

describe('reading a response', () => {
  it('gives its text, characters that span chunks included', async () => {
    const bytes = new TextEncoder().encode('grün');
    const chunks = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readText(new Response(chunks))).toBe('grün');
  });

  it('returns nothing without a body', async () => {
    expect(await readText(new Response(null, { status: 204 }))).toBe('');
  });

  test.each([
    { why: 'at the limit', size: 10, text: 'x'.repeat(10) },
    { why: 'over the limit', size: 11, text: undefined },
  ])('$why', async ({ size, text }) => {
    expect(await readText(new Response('x'.repeat(size)), 10)).toBe(text);
  });

  it('stops reading at the limit', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(10));
      },
    });
    expect(await readText(new Response(endless), 100)).toBeUndefined();
    expect(sent).toBeLessThan(20);
  });
});
