/** A response, and its body if it is JSON. */
export interface ParsedResponse<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** Reads a response. */
export async function parsedResponse<Body>(response: Response): Promise<ParsedResponse<Body>> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status, headers, text, body: (isJson ? JSON.parse(text) : undefined) as Body };
}
