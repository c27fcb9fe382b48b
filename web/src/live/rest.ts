// Single requests. An error is a sentence that can be shown.

export class Refused extends Error {
  constructor(readonly status: number, sentence: string) { super(sentence); }
}

async function answerOf(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, { cache: "no-store", ...init });
  } catch {
    throw new Refused(0, "The collector does not answer.");
  }
  if (response.ok) return response;
  const said = (await response.json().catch(() => null)) as { error?: string } | null;
  throw new Refused(response.status, said?.error ?? `The collector answered with status ${response.status}.`);
}

export async function get<T>(path: string): Promise<T> {
  return (await (await answerOf(path)).json()) as T;
}

export async function getText(path: string): Promise<string> {
  return await (await answerOf(path)).text();
}

/** A change; the token is asked for each time, as a collector that was restarted has another. */
export async function post(path: string): Promise<void> {
  const { token } = await get<{ token: string }>("token");
  await answerOf(path, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
}

export function bookPath(venue: string, name: string): string {
  return `books/${encodeURIComponent(venue)}/${encodeURIComponent(name)}`;
}
