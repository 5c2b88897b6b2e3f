const titles = { 429: 'Too Many Requests', 502: 'Bad Gateway', 504: 'Gateway Time-out' };

/** Returns a response with the HTML page that a proxy in front of a service sends in place of the service. */
export function proxyPage(status: keyof typeof titles): Response {
  return new Response(`<html><body><center><h1>${status} ${titles[status]}</h1></center></body></html>`, {
    status,
    headers: { 'content-type': 'text/html' },
  });
}
